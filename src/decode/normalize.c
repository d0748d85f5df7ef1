#include "normalize.h"

#include <endian.h>
#include <string.h>

#include "rollcall/swar.h"

#define LAST_MS 253402300799999 /* the end of the year 9999 */

struct word {
    const char *text; /* in lower case */
    size_t len;
    int meaning;
};

#define WORD(text, meaning)                                                                        \
    {                                                                                              \
        (text), sizeof(text) - 1, (meaning)                                                        \
    }

static const struct word phases[] = {
    WORD("pending", PHASE_PENDING),
    WORD("creating", PHASE_PENDING),
    WORD("initializing", PHASE_PENDING),
    WORD("resuming", PHASE_PENDING),
    WORD("containercreating", PHASE_PENDING),
    WORD("podinitializing", PHASE_PENDING),
    WORD("imagepullbackoff", PHASE_PENDING),
    WORD("errimagepull", PHASE_PENDING),
    WORD("running", PHASE_RUNNING),
    WORD("updating", PHASE_RUNNING),
    WORD("degraded", PHASE_RUNNING),
    WORD("succeeded", PHASE_SUCCEEDED),
    WORD("completed", PHASE_SUCCEEDED),
    WORD("failed", PHASE_FAILED),
    WORD("error", PHASE_FAILED),
    WORD("crashloopbackoff", PHASE_FAILED),
    WORD("init:error", PHASE_FAILED),
    WORD("init:crashloopbackoff", PHASE_FAILED),
    WORD("containercannotrun", PHASE_FAILED),
    WORD("stopped", PHASE_STOPPED),
    WORD("stopping", PHASE_STOPPED),
    WORD("suspended", PHASE_STOPPED),
    WORD("preempted", PHASE_STOPPED),
    WORD("timedout", PHASE_STOPPED),
    WORD("terminating", PHASE_TERMINATING),
    WORD("deleting", PHASE_TERMINATING),
};

/* From "mpi" on: what the operators for distributed training call their jobs. */
static const struct word types[] = {
    WORD("train", TYPE_TRAINING),
    WORD("training", TYPE_TRAINING),
    WORD("trainingworkload", TYPE_TRAINING),
    WORD("interactive", TYPE_INTERACTIVE),
    WORD("workspace", TYPE_INTERACTIVE),
    WORD("build", TYPE_INTERACTIVE),
    WORD("interactiveworkload", TYPE_INTERACTIVE),
    WORD("inference", TYPE_INFERENCE),
    WORD("deployment", TYPE_INFERENCE),
    WORD("inferenceworkload", TYPE_INFERENCE),
    WORD("distributed", TYPE_DISTRIBUTED),
    WORD("distributedworkload", TYPE_DISTRIBUTED),
    WORD("mpi", TYPE_DISTRIBUTED),
    WORD("mpijob", TYPE_DISTRIBUTED),
    WORD("pytorch", TYPE_DISTRIBUTED),
    WORD("pytorchjob", TYPE_DISTRIBUTED),
    WORD("tf", TYPE_DISTRIBUTED),
    WORD("tfjob", TYPE_DISTRIBUTED),
    WORD("tensorflow", TYPE_DISTRIBUTED),
    WORD("xgboost", TYPE_DISTRIBUTED),
    WORD("xgboostjob", TYPE_DISTRIBUTED),
    WORD("jax", TYPE_DISTRIBUTED),
    WORD("jaxjob", TYPE_DISTRIBUTED),
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
    for (size_t i = 0; i < count; i++)
        if (text.len == words[i].len && begins_with(text, words[i].text, words[i].len))
            return words[i].meaning;
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
