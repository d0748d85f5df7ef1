/* Words without a meaning: what is told of them does not depend on the order of the records. */
#include "../../src/collect/unknown_words.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"

#define WARNINGS_MAX 16

struct warnings {
    char *texts[WARNINGS_MAX];
    size_t count;
};

static void take(void *arg, const char *text)
{
    struct warnings *warnings = arg;
    CU_ASSERT_FATAL(warnings->count < WARNINGS_MAX);
    warnings->texts[warnings->count++] = mem_strdup(text);
}

static void free_warnings(struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        free(warnings->texts[i]);
}

static void note(struct unknown_words **words, const char *phase, const char *name)
{
    struct workload workload;
    workload_init(&workload);
    workload.phase = PHASE_UNKNOWN;
    workload.raw_phase = str_of(phase);
    workload.name = str_of(name);
    unknown_words_note(words, &workload);
}

static void check_told(struct unknown_words **words, const char *const *expected, size_t count)
{
    struct warnings warnings = {0};
    unknown_words_tell(*words, take, &warnings);
    CU_ASSERT_EQUAL(warnings.count, count);
    for (size_t i = 0; i < count && i < warnings.count; i++)
        CHECK_STR(warnings.texts[i], expected[i]);
    free_warnings(&warnings);
    unknown_words_clear(words);
}

static void test_known(void)
{
    struct unknown_words *words = NULL;
    struct workload workload;
    workload_init(&workload);
    unknown_words_note(&words, &workload);
    workload.phase = PHASE_RUNNING;
    workload.raw_phase = str_of("Running");
    workload.type = TYPE_OTHER;
    workload.raw_type = str_of("CronJob");
    unknown_words_note(&words, &workload);
    note(&words, "Unknown", "a");
    CU_ASSERT_PTR_NULL(words);
    check_told(&words, NULL, 0);
}

static void test_samples(void)
{
    static const char *const one[] = {
        "unknown phase \"Odd\" (seen in 1 workload, for one \"n\"); it is reported as unknown"};
    static const char *const two[] = {
        "unknown phase \"Odd\" (seen in 2 workloads, for one \"a\"); it is reported as unknown",
        "unknown type \"Gadget\" (seen in 1 workload, for one \"\"); it is reported as other"};
    struct unknown_words *words = NULL;
    note(&words, "Odd", "n");
    check_told(&words, one, 1);
    struct workload workload;
    workload_init(&workload);
    workload.type = TYPE_OTHER;
    workload.raw_type = str_of("Gadget");
    note(&words, "Odd", "n");
    note(&words, "Odd", "a");
    unknown_words_note(&words, &workload);
    check_told(&words, two, 2);
}

/* Six words, and more workloads of those that are first: whatever the order, and however many lists
 * they are spread over, the same is told. */
static void test_any_order(void)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F"};
    static const char *const expected[] = {
        "unknown phase \"A\" (seen in 6 workloads, for one \"A\"); it is reported as unknown",
        "unknown phase \"B\" (seen in 5 workloads, for one \"A\"); it is reported as unknown",
        "unknown phase \"C\" (seen in 4 workloads, for one \"A\"); it is reported as unknown",
        "unknown phase \"D\" (seen in 3 workloads, for one \"A\"); it is reported as unknown",
        "other unknown phases (seen in 3 workloads); they are reported as unknown"};
    for (unsigned seed = 1; seed < 200; seed++) {
        struct unknown_words *lists[3] = {NULL}, *all = NULL;
        unsigned state = seed;
        bool is_noted[36] = {false};
        for (unsigned left = 36; left > 0;) {
            state = state * 1664525u + 1013904223u;
            unsigned at = (state >> 16) % 36;
            if (is_noted[at])
                continue;
            is_noted[at] = true;
            left--;
            if (at / 6 + at % 6 < 6)
                note(&lists[(state >> 8) % 3], names[at / 6], names[at % 6]);
        }
        for (unsigned i = 0; i < 3; i++) {
            unknown_words_move(&lists[(i + seed) % 3], &all);
            CU_ASSERT_PTR_NULL(lists[(i + seed) % 3]);
        }
        check_told(&all, expected, 5);
    }
}

/* What a server says is printable and cut, between two characters. */
static void test_hostile(void)
{
    static const char *const expected[] = {
        "unknown phase \"\\x1B[31m\" (seen in 1 workload, for one \"\\n\"); it is reported as "
        "unknown",
        "unknown phase \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\" "
        "(seen in 2 workloads, for one \"b\"); it is reported as unknown"};
    static const char xs[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    struct unknown_words *words = NULL;
    char *word = mem_printf("%s\xc3\xa9 and more", xs), *other = mem_printf("%s\xc3\xa9", xs);
    note(&words, word, "c");
    note(&words, other, "b");
    note(&words, "\x1b[31m", "\n");
    check_told(&words, expected, 2);
    free(word);
    free(other);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"what is known is not told", test_known},
        {"words and samples", test_samples},
        {"the same in any order", test_any_order},
        {"words of a hostile server", test_hostile},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/unknown_words", tests);
}
