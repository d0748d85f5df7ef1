/*
 * What a run comes to. The outcome, whether the report is complete, its ratio and the exit status
 * come from this one function, so that they cannot contradict each other.
 */
#ifndef ROLLCALL_JUDGEMENT_H
#define ROLLCALL_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/exit_status.h"

struct judge_facts {
    unsigned ok, partial, failed, skipped; /* the selected clusters, by status */
    unsigned optional;                     /* of failed and skipped, those that may be away */
    size_t unmatched_projects; /* --project globs that match no project of any cluster */
    bool has_lost_discovery;   /* discovery was asked for and failed: the fleet is not known */
    bool is_interrupted;       /* a signal ended the run early */
};

enum report_outcome {
    REPORT_COMPLETE, /* everything that was selected is there, or is optional and away */
    REPORT_PARTIAL,
    REPORT_FAILED, /* clusters were selected and none answered */
};

struct judgement {
    enum report_outcome outcome;
    bool is_complete;        /* exactly when the outcome is REPORT_COMPLETE */
    int64_t ratio;           /* an amount: ok / selected; 1 when none was selected */
    enum exit_status status; /* EXIT_COMPLETE, EXIT_INCOMPLETE, EXIT_NO_ANSWER: by the outcome */
};

/* A pure function of the facts. */
struct judgement report_judge(const struct judge_facts *facts);

/* "complete", "partial" or "failed". */
const char *report_outcome_name(enum report_outcome outcome);

#endif
