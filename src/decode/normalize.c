#include "normalize.h"

#include <string.h>

#define LAST_MS 253402300799999 /* the end of the year 9999 */

struct word {
    const char *word; /* in lower case */
    int meaning;
};

static const struct word phases[] = {
    {"pending", PHASE_PENDING},
    {"creating", PHASE_PENDING},
    {"initializing", PHASE_PENDING},
    {"resuming", PHASE_PENDING},
    {"containercreating", PHASE_PENDING},
    {"podinitializing", PHASE_PENDING},
    {"imagepullbackoff", PHASE_PENDING},
    {"errimagepull", PHASE_PENDING},
    {"running", PHASE_RUNNING},
    {"updating", PHASE_RUNNING},
    {"degraded", PHASE_RUNNING},
    {"succeeded", PHASE_SUCCEEDED},
    {"completed", PHASE_SUCCEEDED},
    {"failed", PHASE_FAILED},
    {"error", PHASE_FAILED},
    {"crashloopbackoff", PHASE_FAILED},
    {"init:error", PHASE_FAILED},
    {"init:crashloopbackoff", PHASE_FAILED},
    {"containercannotrun", PHASE_FAILED},
    {"stopped", PHASE_STOPPED},
    {"stopping", PHASE_STOPPED},
    {"suspended", PHASE_STOPPED},
    {"preempted", PHASE_STOPPED},
    {"timedout", PHASE_STOPPED},
    {"terminating", PHASE_TERMINATING},
    {"deleting", PHASE_TERMINATING},
};

/* From "mpi" on: what the operators for distributed training call their jobs. */
static const struct word types[] = {
    {"train", TYPE_TRAINING},
    {"training", TYPE_TRAINING},
    {"trainingworkload", TYPE_TRAINING},
    {"interactive", TYPE_INTERACTIVE},
    {"workspace", TYPE_INTERACTIVE},
    {"build", TYPE_INTERACTIVE},
    {"interactiveworkload", TYPE_INTERACTIVE},
    {"inference", TYPE_INFERENCE},
    {"deployment", TYPE_INFERENCE},
    {"inferenceworkload", TYPE_INFERENCE},
    {"distributed", TYPE_DISTRIBUTED},
    {"distributedworkload", TYPE_DISTRIBUTED},
    {"mpi", TYPE_DISTRIBUTED},
    {"mpijob", TYPE_DISTRIBUTED},
    {"pytorch", TYPE_DISTRIBUTED},
    {"pytorchjob", TYPE_DISTRIBUTED},
    {"tf", TYPE_DISTRIBUTED},
    {"tfjob", TYPE_DISTRIBUTED},
    {"tensorflow", TYPE_DISTRIBUTED},
    {"xgboost", TYPE_DISTRIBUTED},
    {"xgboostjob", TYPE_DISTRIBUTED},
    {"jax", TYPE_DISTRIBUTED},
    {"jaxjob", TYPE_DISTRIBUTED},
};

/* Whether `text` begins with `word`, which is in lower case. */
static bool begins_with(struct str text, const char *word, size_t len)
{
    if (text.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != word[i])
            return false;
    }
    return true;
}

static int look_up(const struct word *words, size_t count, struct str text, int otherwise)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(words[i].word);
        if (text.len == len && begins_with(text, words[i].word, len))
            return words[i].meaning;
    }
    return otherwise;
}

enum workload_phase normalize_phase(struct str word)
{
    if (word.data == NULL)
        return PHASE_NULL;
    int otherwise = begins_with(word, "init:", 5) ? PHASE_PENDING : PHASE_UNKNOWN;
    return (enum workload_phase)look_up(phases, sizeof phases / sizeof *phases, word, otherwise);
}

enum workload_type normalize_type(struct str word)
{
    if (word.data == NULL)
        return TYPE_NULL;
    return (enum workload_type)look_up(types, sizeof types / sizeof *types, word, TYPE_OTHER);
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

/* As normalize_floor(); *is_integer: whether nothing was cut off. */
static bool read_floor(struct str number, uint64_t max, uint64_t *value, bool *is_integer)
{
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
    *is_integer = true;
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
