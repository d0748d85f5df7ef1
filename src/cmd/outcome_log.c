#include "outcome_log.h"

#define WARNINGS_LOGGED 100 /* of one cluster */

static void log_entry(const struct log *log, const struct cluster_entry *entry,
                      enum report_outcome outcome)
{
    /* An optional one may be away: cron has nothing to say, unless there is no other. */
    bool is_excused =
        entry->is_optional && entry->status >= STATUS_FAILED && outcome != REPORT_FAILED;
    if (is_excused)
        log_info(log, "cluster %s, which is optional: %s: %s", entry->name,
                 entry_status_name(entry->status),
                 entry->status == STATUS_SKIPPED ? entry->reason : entry->error.message);
    else if (entry->status == STATUS_SKIPPED)
        log_warning(log, "cluster %s: skipped: %s", entry->name, entry->reason);
    else if (entry->status != STATUS_OK)
        log_warning(log, "cluster %s: %s: %s: %s", entry->name, entry_status_name(entry->status),
                    error_class_name(entry->error.class), entry->error.message);
}

/* A cluster that does not stop giving cause for them may not fill the mail. */
static void log_warnings(const struct log *log, const struct cluster_entry *entry)
{
    size_t count = entry->warning_count;
    for (size_t i = 0; i < count && i < WARNINGS_LOGGED; i++)
        log_warning(log, "cluster %s: %s", entry->name, entry->warnings[i]);
    if (count > WARNINGS_LOGGED)
        log_warning(log, "cluster %s: and %zu more warnings, which the report has", entry->name,
                    count - WARNINGS_LOGGED);
}

void outcome_log(const struct log *log, const struct report *report, bool shows_table)
{
    const struct coverage *coverage = &report->coverage;
    for (size_t i = 0; !shows_table && i < report->cluster_count; i++) {
        log_entry(log, &report->clusters[i], report->judgement.outcome);
        log_warnings(log, &report->clusters[i]);
    }
    if (report->reconciliation != NULL && report->reconciliation->error.class != ERR_NONE)
        log_warning(log, "nothing was reconciled: %s: %s",
                    error_class_name(report->reconciliation->error.class),
                    report->reconciliation->error.message);
    if (report->interrupted_by != NULL)
        log_warning(log, "interrupted by %s", report->interrupted_by);
    if (!shows_table)
        log_info(log, "%u cluster%s: %u ok, %u partial, %u failed, %u skipped", coverage->selected,
                 coverage->selected == 1 ? "" : "s", coverage->ok, coverage->partial,
                 coverage->failed, coverage->skipped);
}
