#include "rollcall/judgement.h"

#include "rollcall/amount.h"

/* Optional clusters may be away, but not all there are: then nothing stands behind the report. */
static enum report_outcome judge_outcome(const struct judge_facts *facts)
{
    bool has_answers = facts->ok + facts->partial > 0;
    bool is_anybody_missed = facts->failed + facts->skipped > facts->optional;
    if (!has_answers && facts->failed + facts->skipped > 0)
        return REPORT_FAILED;
    if (is_anybody_missed || facts->partial > 0 || facts->unmatched_projects > 0 ||
        facts->has_lost_discovery || facts->is_interrupted)
        return REPORT_PARTIAL;
    return REPORT_COMPLETE;
}

/* Rounded half up to the last place of an amount. */
static int64_t ratio_of(int64_t part, int64_t whole)
{
    return whole == 0 ? AMOUNT_ONE : (2 * part * AMOUNT_ONE + whole) / (2 * whole);
}

struct judgement report_judge(const struct judge_facts *facts)
{
    static const enum exit_status statuses[] = {
        [REPORT_COMPLETE] = EXIT_COMPLETE,
        [REPORT_PARTIAL] = EXIT_INCOMPLETE,
        [REPORT_FAILED] = EXIT_NO_ANSWER,
    };
    enum report_outcome outcome = judge_outcome(facts);
    int64_t selected = (int64_t)facts->ok + facts->partial + facts->failed + facts->skipped;
    return (struct judgement){
        .outcome = outcome,
        .is_complete = outcome == REPORT_COMPLETE,
        .ratio = ratio_of(facts->ok, selected),
        .status = statuses[outcome],
    };
}

const char *report_outcome_name(enum report_outcome outcome)
{
    static const char *const names[] = {
        [REPORT_COMPLETE] = "complete",
        [REPORT_PARTIAL] = "partial",
        [REPORT_FAILED] = "failed",
    };
    return names[outcome];
}
