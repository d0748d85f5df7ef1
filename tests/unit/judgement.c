#include "rollcall/judgement.h"

#include "../check.h"
#include "rollcall/amount.h"

static void check(const struct judge_facts *facts, enum report_outcome outcome, int64_t ratio)
{
    struct judgement judgement = report_judge(facts);
    CU_ASSERT_EQUAL(judgement.outcome, outcome);
    CU_ASSERT_EQUAL(judgement.ratio, ratio);
}

static void test_cases(void)
{
    static const struct {
        struct judge_facts facts;
        enum report_outcome outcome;
        int64_t ratio;
    } cases[] = {
        {{0}, REPORT_COMPLETE, AMOUNT_ONE},
        {{.ok = 3}, REPORT_COMPLETE, AMOUNT_ONE},
        {{.ok = 2, .failed = 1}, REPORT_PARTIAL, 666667},
        {{.ok = 2, .failed = 1, .optional = 1}, REPORT_COMPLETE, 666667},
        {{.ok = 1, .failed = 1, .skipped = 1, .optional = 1}, REPORT_PARTIAL, 333333},
        {{.ok = 1, .partial = 1}, REPORT_PARTIAL, 500000},
        {{.partial = 1, .failed = 1, .optional = 1}, REPORT_PARTIAL, 0},
        /* All there are may be away, but then nothing stands behind the report. */
        {{.failed = 2, .optional = 2}, REPORT_FAILED, 0},
        {{.skipped = 1, .optional = 1}, REPORT_FAILED, 0},
        {{.failed = 1, .skipped = 1, .optional = 1}, REPORT_FAILED, 0},
        {{.ok = 1, .failed = 1, .optional = 1, .is_interrupted = true}, REPORT_PARTIAL, 500000},
        {{.ok = 1, .is_interrupted = true}, REPORT_PARTIAL, AMOUNT_ONE},
        {{.failed = 1, .is_interrupted = true}, REPORT_FAILED, 0},
        {{.ok = 1, .has_lost_discovery = true}, REPORT_PARTIAL, AMOUNT_ONE},
        {{.has_lost_discovery = true}, REPORT_PARTIAL, AMOUNT_ONE},
        {{.failed = 1, .has_lost_discovery = true}, REPORT_FAILED, 0},
        {{.ok = 1, .unmatched_projects = 1}, REPORT_PARTIAL, AMOUNT_ONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i].facts, cases[i].outcome, cases[i].ratio);
}

static void check_invariants(const struct judge_facts *facts)
{
    struct judgement judgement = report_judge(facts);
    unsigned away = facts->failed + facts->skipped;
    unsigned answered = facts->ok + facts->partial;
    bool has_excuse = away == facts->optional && facts->partial == 0;
    bool is_whole =
        !facts->has_lost_discovery && !facts->is_interrupted && facts->unmatched_projects == 0;
    /* One says what the others say. */
    CU_ASSERT_EQUAL(judgement.is_complete, judgement.outcome == REPORT_COMPLETE);
    CU_ASSERT_EQUAL(judgement.status == EXIT_COMPLETE, judgement.outcome == REPORT_COMPLETE);
    CU_ASSERT_EQUAL(judgement.status == EXIT_INCOMPLETE, judgement.outcome == REPORT_PARTIAL);
    CU_ASSERT_EQUAL(judgement.status == EXIT_NO_ANSWER, judgement.outcome == REPORT_FAILED);
    /* What each means. */
    CU_ASSERT_EQUAL(judgement.outcome == REPORT_FAILED, away > 0 && answered == 0);
    CU_ASSERT_EQUAL(judgement.is_complete, has_excuse && is_whole && (answered > 0 || away == 0));
    CU_ASSERT_EQUAL(judgement.ratio == AMOUNT_ONE, facts->partial + away == 0);
    CU_ASSERT_EQUAL(judgement.ratio == 0, facts->ok == 0 && answered + away > 0);
    CU_ASSERT(judgement.ratio >= 0 && judgement.ratio <= AMOUNT_ONE);
}

/* Every combination of up to two clusters of each status with everything else. */
static void test_all(void)
{
    for (unsigned code = 0; code < 81u * 8; code++) {
        struct judge_facts facts = {
            .ok = code % 3,
            .partial = code / 3 % 3,
            .failed = code / 9 % 3,
            .skipped = code / 27 % 3,
            .unmatched_projects = code / 81 % 2,
            .has_lost_discovery = code / 162 % 2 == 1,
            .is_interrupted = code / 324 == 1,
        };
        for (; facts.optional <= facts.failed + facts.skipped; facts.optional++)
            check_invariants(&facts);
    }
}

static void test_words(void)
{
    CHECK_STR(report_outcome_name(REPORT_COMPLETE), "complete");
    CHECK_STR(report_outcome_name(REPORT_PARTIAL), "partial");
    CHECK_STR(report_outcome_name(REPORT_FAILED), "failed");
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what a run comes to", test_cases},
                                 {"nothing contradicts itself", test_all},
                                 {"the report's words", test_words},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/judgement", tests);
}
