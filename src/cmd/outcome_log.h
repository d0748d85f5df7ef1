/* What a run says on standard error when it is over. */
#ifndef ROLLCALL_OUTCOME_LOG_H
#define ROLLCALL_OUTCOME_LOG_H

#include <stdbool.h>

#include "rollcall/log.h"
#include "rollcall/report.h"

/* Says what a reader of the mail from cron needs to know: which clusters are not ok, what they warn
 * of, and what else is missing. `shows_table`: the same terminal shows the table, which has it. */
void outcome_log(const struct log *log, const struct report *report, bool shows_table);

#endif
