#include "normalize.h"

#include <endian.h>
#include <string.h>

#include "rollcall/decode.h"
#include "rollcall/swar.h"

#define LAST_MS 253402300799999 /* the end of the year 9999 */

/* A word of a source, as docs/report.md writes it, and what it means in the report. */
struct word {
    const char *text;
    size_t len;
    int meaning;
};

#define WORD(text, meaning)                                                                        \
    {                                                                                              \
        (text), sizeof(text) - 1, (meaning)                                                        \
    }
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct word phases[] = {
    WORD("Running", PHASE_RUNNING),
    WORD("Updating", PHASE_RUNNING),
    WORD("Degraded", PHASE_RUNNING),
    WORD("Succeeded", PHASE_SUCCEEDED),
    WORD("Completed", PHASE_SUCCEEDED),
    WORD("Pending", PHASE_PENDING),
    WORD("Creating", PHASE_PENDING),
    WORD("Initializing", PHASE_PENDING),
    WORD("Resuming", PHASE_PENDING),
    WORD("ContainerCreating", PHASE_PENDING),
    WORD("PodInitializing", PHASE_PENDING),
    WORD("Unschedulable", PHASE_PENDING),
    WORD("NotReady", PHASE_PENDING),
    WORD("ImagePullBackOff", PHASE_PENDING),
    WORD("ErrImagePull", PHASE_PENDING),
    WORD("InvalidImageName", PHASE_PENDING),
    WORD("CreateContainerConfigError", PHASE_PENDING),
    WORD("CreateContainerError", PHASE_PENDING),
    WORD("Failed", PHASE_FAILED),
    WORD("Fail", PHASE_FAILED),
    WORD("Error", PHASE_FAILED),
    WORD("CrashLoopBackOff", PHASE_FAILED),
    WORD("ContainerCannotRun", PHASE_FAILED),
    WORD("OOMKilled", PHASE_FAILED),
    WORD("Evicted", PHASE_FAILED),
    WORD("DeadlineExceeded", PHASE_FAILED),
    WORD("Init:Error", PHASE_FAILED),
    WORD("Init:CrashLoopBackOff", PHASE_FAILED),
    WORD("Init:OOMKilled", PHASE_FAILED),
    WORD("Stopped", PHASE_STOPPED),
    WORD("Stopping", PHASE_STOPPED),
    WORD("Suspended", PHASE_STOPPED),
    WORD("Preempted", PHASE_STOPPED),
    WORD("TimedOut", PHASE_STOPPED),
    WORD("Terminating", PHASE_TERMINATING),
    WORD("Deleting", PHASE_TERMINATING),
    WORD("Deleted", PHASE_TERMINATING),
    WORD("Unknown", PHASE_UNKNOWN),
};

/* Words with something behind the colon; the first one that fits decides. */
static const struct word phase_patterns[] = {
    WORD("ExitCode:*", PHASE_FAILED),      WORD("Signal:*", PHASE_FAILED),
    WORD("Init:ExitCode:*", PHASE_FAILED), WORD("Init:Signal:*", PHASE_FAILED),
    WORD("Init:*", PHASE_PENDING),
};

static const char preemptible_type[] = "Interactive-Preemptible";

/* From "MPI" on: what the operators for distributed training call their jobs. */
static const struct word types[] = {
    WORD("Train", TYPE_TRAINING),
    WORD("Training", TYPE_TRAINING),
    WORD("TrainingWorkload", TYPE_TRAINING),
    WORD("Interactive", TYPE_INTERACTIVE),
    WORD(preemptible_type, TYPE_INTERACTIVE),
    WORD("Workspace", TYPE_INTERACTIVE),
    WORD("Build", TYPE_INTERACTIVE),
    WORD("InteractiveWorkload", TYPE_INTERACTIVE),
    WORD("Inference", TYPE_INFERENCE),
    WORD("Deploy", TYPE_INFERENCE),
    WORD("Deployment", TYPE_INFERENCE),
    WORD("InferenceWorkload", TYPE_INFERENCE),
    WORD("DistributedInference", TYPE_INFERENCE),
    WORD("DistributedInferenceWorkload", TYPE_INFERENCE),
    WORD("NIMService", TYPE_INFERENCE),
    WORD("Distributed", TYPE_DISTRIBUTED),
    WORD("DistributedWorkload", TYPE_DISTRIBUTED),
    WORD("MPI", TYPE_DISTRIBUTED),
    WORD("MPIJob", TYPE_DISTRIBUTED),
    WORD("PyTorch", TYPE_DISTRIBUTED),
    WORD("PyTorchJob", TYPE_DISTRIBUTED),
    WORD("TF", TYPE_DISTRIBUTED),
    WORD("TFJob", TYPE_DISTRIBUTED),
    WORD("TensorFlow", TYPE_DISTRIBUTED),
    WORD("XGBoost", TYPE_DISTRIBUTED),
    WORD("XGBoostJob", TYPE_DISTRIBUTED),
    WORD("JAX", TYPE_DISTRIBUTED),
    WORD("JAXJob", TYPE_DISTRIBUTED),
};

/* Kinds of Kubernetes object that the scheduler takes and that may be for anything. */
static const struct word kinds[] = {
    WORD("Pod", TYPE_OTHER),
    WORD("Deployment", TYPE_OTHER),
    WORD("StatefulSet", TYPE_OTHER),
    WORD("ReplicaSet", TYPE_OTHER),
    WORD("DaemonSet", TYPE_OTHER),
    WORD("Job", TYPE_OTHER),
    WORD("CronJob", TYPE_OTHER),
    WORD("JobSet", TYPE_OTHER),
    WORD("LeaderWorkerSet", TYPE_OTHER),
    WORD("RayCluster", TYPE_OTHER),
    WORD("RayJob", TYPE_OTHER),
    WORD("RayService", TYPE_OTHER),
    WORD("SparkApplication", TYPE_OTHER),
    WORD("ScheduledSparkApplication", TYPE_OTHER),
    WORD("AmlJob", TYPE_OTHER),
    WORD("Notebook", TYPE_OTHER),
    WORD("DevWorkspace", TYPE_OTHER),
    WORD("VirtualMachineInstance", TYPE_OTHER),
    WORD("VirtualMachine", TYPE_OTHER),
    WORD("SeldonDeployment", TYPE_OTHER),
    WORD("InferenceService", TYPE_OTHER),
    WORD("Service", TYPE_OTHER),
    WORD("DynamoGraphDeployment", TYPE_OTHER),
    WORD("DynamoComponentDeployment", TYPE_OTHER),
    WORD("PodCliqueSet", TYPE_OTHER),
    WORD("PodGangSet", TYPE_OTHER),
    WORD("Workflow", TYPE_OTHER),
    WORD("ScheduledWorkflow", TYPE_OTHER),
    WORD("PipelineRun", TYPE_OTHER),
    WORD("TaskRun", TYPE_OTHER),
    WORD("SPOTRequest", TYPE_OTHER),
    WORD("RunaiJob", TYPE_OTHER),
    WORD("runai-job", TYPE_OTHER),
    WORD("ExternalWorkload", TYPE_OTHER),
};

/* Kinds among the types, and those of all kinds that are Run:ai's. */
static const struct word typed_kinds[] = {
    WORD("NIMService", TYPE_INFERENCE),   WORD("MPIJob", TYPE_DISTRIBUTED),
    WORD("PyTorchJob", TYPE_DISTRIBUTED), WORD("TFJob", TYPE_DISTRIBUTED),
    WORD("XGBoostJob", TYPE_DISTRIBUTED), WORD("JAXJob", TYPE_DISTRIBUTED),
};
static const struct word own_kinds[] = {
    WORD("RunaiJob", TYPE_OTHER),
    WORD("runai-job", TYPE_OTHER),
    WORD("ExternalWorkload", TYPE_OTHER),
};

/* Whether the first `len` bytes are the same but for the case of ASCII letters. */
static bool is_alike(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char lower = (char)(a[i] | 0x20);
        if (a[i] != b[i] && ((a[i] ^ b[i]) != 0x20 || lower < 'a' || lower > 'z'))
            return false;
    }
    return true;
}

static const struct word *look_up(const struct word *words, size_t count, struct str text)
{
    /* Almost all words come as the table spells them, and are found without a look at their case.
     */
    for (size_t i = 0; i < count; i++)
        if (text.len == words[i].len && swar_equals(text.data, words[i].text, text.len))
            return &words[i];
    for (size_t i = 0; i < count; i++)
        if (text.len == words[i].len && is_alike(text.data, words[i].text, text.len))
            return &words[i];
    return NULL;
}

static const struct word *look_up_phase(struct str text)
{
    const struct word *word = look_up(phases, COUNT(phases), text);
    for (size_t i = 0; word == NULL && i < COUNT(phase_patterns); i++) {
        const struct word *pattern = &phase_patterns[i];
        size_t len = pattern->len - 1;
        if (text.len >= len && is_alike(text.data, pattern->text, len))
            word = pattern;
    }
    return word;
}

static bool is_kind(struct str text)
{
    return look_up(kinds, COUNT(kinds), text) != NULL;
}

enum workload_phase normalize_phase(struct str text)
{
    if (text.data == NULL)
        return PHASE_NULL;
    const struct word *word = look_up_phase(text);
    return word == NULL ? PHASE_UNKNOWN : (enum workload_phase)word->meaning;
}

enum workload_type normalize_type(struct str text)
{
    if (text.data == NULL)
        return TYPE_NULL;
    const struct word *word = look_up(types, COUNT(types), text);
    return word == NULL ? TYPE_OTHER : (enum workload_type)word->meaning;
}

enum workload_type normalize_control_type(struct str type, struct str category)
{
    enum workload_type meaning = normalize_type(type);
    if (type.data != NULL && (meaning == TYPE_OTHER || is_kind(type)))
        meaning = category.data == NULL ? TYPE_OTHER : TYPE_NULL;
    return meaning == TYPE_NULL ? normalize_type(category) : meaning;
}

bool normalize_is_preemptible(struct str type)
{
    return type.len == sizeof preemptible_type - 1 &&
           is_alike(type.data, preemptible_type, type.len);
}

struct str decode_unknown_phase(const struct workload *workload)
{
    if (workload->phase != PHASE_UNKNOWN || look_up_phase(workload->raw_phase) != NULL)
        return (struct str){0};
    return workload->raw_phase;
}

struct str decode_unknown_type(const struct workload *workload)
{
    struct str type = workload->raw_type;
    if (workload->type != TYPE_OTHER)
        return (struct str){0};
    return type.data == NULL || is_kind(type) ? workload->raw_category : type;
}

bool decode_is_third_party(struct str type)
{
    return (is_kind(type) || look_up(typed_kinds, COUNT(typed_kinds), type) != NULL) &&
           look_up(own_kinds, COUNT(own_kinds), type) == NULL;
}

bool normalize_word(size_t index, struct normalize_word *word)
{
    static const struct {
        const char *list;
        const struct word *words;
        size_t count;
    } tables[] = {
        {"phase", phases, COUNT(phases)},
        {"phase", phase_patterns, COUNT(phase_patterns)},
        {"type", types, COUNT(types)},
        {"type", kinds, COUNT(kinds)},
    };
    for (size_t i = 0; i < COUNT(tables); index -= tables[i++].count) {
        if (index >= tables[i].count)
            continue;
        const struct word *found = &tables[i].words[index];
        *word = (struct normalize_word){.list = tables[i].list, .text = found->text};
        if (tables[i].words == kinds)
            word->meaning = "kind";
        else if (*word->list == 'p')
            word->meaning = workload_phase_name((enum workload_phase)found->meaning);
        else
            word->meaning = workload_type_name((enum workload_type)found->meaning);
        return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent at `at`; one beyond any number's digits is as good as that many. */
static int64_t read_exponent(struct str number, size_t at)
{
    const int64_t beyond = INT32_MAX;
    int64_t exponent = 0;
    bool is_negative = at < number.len && number.data[at] == '-';
    for (; at < number.len; at++)
        if (is_digit(number.data[at]) && exponent < beyond)
            exponent = exponent * 10 + (number.data[at] - '0');
    return is_negative ? -exponent : exponent;
}

/* The value of eight digits, of which the first is the lowest byte; false when one is none. */
static inline bool read_eight(const char *data, uint64_t *value)
{
    uint64_t word = le64toh(swar_load(data));
    uint64_t above = word + SWAR_EVERY(0x46); /* a byte above '9' gets its highest bit set */
    uint64_t digits = word - SWAR_EVERY('0'); /* so does one below '0' */
    if (swar_has(word | above | digits))
        return false;
    /* Pairs, then fours, then all eight. */
    digits = digits * 10 + (digits >> 8);
    const uint64_t pairs = UINT64_C(0x000000FF000000FF);
    *value = ((digits & pairs) * (100 + (UINT64_C(1000000) << 32)) +
              ((digits >> 16) & pairs) * (1 + (UINT64_C(10000) << 32))) >>
             32;
    return true;
}

/* A number of digits only and not of many, as almost all are. */
static bool read_digits(struct str number, uint64_t *value)
{
    uint64_t result = 0, eight;
    size_t at = 0;
    if (number.len == 0 || number.len > 18)
        return false;
    for (; at + SWAR_BYTES <= number.len; at += SWAR_BYTES) {
        if (!read_eight(number.data + at, &eight))
            return false;
        result = result * 100000000 + eight;
    }
    for (; at < number.len; at++) {
        if (!is_digit(number.data[at]))
            return false;
        result = result * 10 + (unsigned)(number.data[at] - '0');
    }
    *value = result;
    return true;
}

/* As normalize_floor(); *is_integer: whether nothing was cut off. */
static bool read_floor(struct str number, uint64_t max, uint64_t *value, bool *is_integer)
{
    *is_integer = true;
    if (read_digits(number, value))
        return *value <= max;
    size_t end = 0; /* of the digits and the point */
    while (end < number.len && number.data[end] != 'e' && number.data[end] != 'E')
        end++;
    bool is_negative = end > 0 && number.data[0] == '-';
    const char *point = memchr(number.data, '.', end);
    size_t point_at = point == NULL ? end : (size_t)(point - number.data);
    /* How many digits are still to come before the decimal point, which the exponent moves. */
    int64_t left = (int64_t)(point_at - (is_negative ? 1 : 0));
    if (end < number.len)
        left += read_exponent(number, end + 1);

    uint64_t result = 0;
    bool is_zero = true;
    for (size_t at = is_negative ? 1 : 0; at < end; at++) {
        if (!is_digit(number.data[at]))
            continue;
        unsigned digit = (unsigned)(number.data[at] - '0');
        is_zero = is_zero && digit == 0;
        if (left-- > 0) {
            result = result * 10 + digit;
            if (result > max)
                return false;
        } else if (digit != 0) {
            *is_integer = false;
        }
    }
    for (; left > 0 && result > 0; left--) {
        result *= 10;
        if (result > max)
            return false;
    }
    *value = result;
    return !is_negative || is_zero;
}

bool normalize_floor(struct str number, uint64_t max, uint64_t *value)
{
    bool is_integer;
    return read_floor(number, max, value, &is_integer);
}

bool normalize_integer(struct str number, uint64_t max, uint64_t *value)
{
    bool is_integer;
    return read_floor(number, max, value, &is_integer) && is_integer;
}

bool normalize_time_ms(struct str number, int64_t *seconds)
{
    uint64_t ms;
    if (!normalize_floor(number, LAST_MS, &ms))
        return false;
    *seconds = (int64_t)(ms / 1000);
    return true;
}
