#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "delivery.h"
#include "outcome_log.h"
#include "progress.h"
#include "project_globs.h"
#include "rollcall/clock.h"
#include "rollcall/collect.h"
#include "rollcall/spool.h"
#include "rollcall/text.h"
#include "session.h"

#define DEADLINE_MIN_MS 1000
/* Of the deadline, and of the wait for another run. */
#define SECONDS_MAX_MS (86400 * 1000LL)

static const struct command_help help = {
    .usage = "rollcall run [OPTION...]",
    .description =
        "Asks every cluster of the fleet at once what is running and writes one report, which "
        "names\n"
        "every cluster that did not answer. Without -o and without a report directory in the\n"
        "configuration the table goes to a terminal, the JSON report to a pipe.\n\n"
        "Exit status: 0 complete; 1 internal error; 2 usage or configuration; 4 some cluster is\n"
        "missing or incomplete; 6 no cluster answered; 7 no token, no report; 8 the report could "
        "not\n"
        "be written; 75 another run holds the lock.\n\n"
        "SIGUSR1 prints what is in flight and for how long; SIGTERM, SIGINT and SIGHUP end the run "
        "with\na report of what is there; a second SIGINT ends it at once, without one.",
    .example = "Examples:\n"
               "  rollcall run -c fleet.conf -o report.json\n"
               "  rollcall run --cluster 'eu-*' --project team-a -f table\n"
               "  */10 * * * *  rollcall run -q --wait 300          (crontab)",
};

struct run_options {
    const char *output;
    struct option_list formats;
    struct selection_options selection;
    const char *deadline;
    const char *wait;
    const char *concurrency;
    const char *progress;
    const char *now;
    struct option_list accept;
    bool is_without_workloads;
    bool is_dry;
    /* Parsed from the texts above. */
    int64_t deadline_ms;        /* 0: the configuration's */
    int64_t wait_ms;            /* 0: does not wait */
    uint64_t concurrency_value; /* 0: the configuration's */
    int64_t now_s;              /* TIME_NULL: the clock's */
};

/* Seconds with a fraction, as milliseconds; false below `min_ms` and above a day. */
static bool parse_seconds(const char *text, int64_t min_ms, int64_t *ms)
{
    int64_t micro = 0;
    if (!amount_parse(text, strlen(text), &micro) || micro < min_ms * 1000 ||
        micro > SECONDS_MAX_MS * 1000)
        return false;
    *ms = micro / 1000;
    return true;
}

static bool check_accept(const struct option_list *accept, struct error *error)
{
    static const char *const known[] = {"3", "4", "5", "6", "7", "8", "75"};
    for (size_t i = 0; i < accept->count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
            is_known = is_known || strcmp(accept->items[i], known[j]) == 0;
        if (!is_known)
            return error_set(error, ERR_INTERNAL,
                             "--accept is one of 3, 4, 5, 6, 7, 8 and 75, "
                             "not \"%s\"",
                             accept->items[i]);
    }
    return true;
}

static bool check_labels(const struct option_list *labels, struct error *error)
{
    for (size_t i = 0; i < labels->count; i++)
        if (strchr(labels->items[i], '=') == NULL || labels->items[i][0] == '=')
            return error_set(error, ERR_INTERNAL, "--label is KEY=VALUE, not \"%s\"",
                             labels->items[i]);
    return true;
}

static bool parse_values(struct run_options *options, struct error *error)
{
    options->now_s = TIME_NULL;
    if (options->deadline != NULL &&
        !parse_seconds(options->deadline, DEADLINE_MIN_MS, &options->deadline_ms))
        return error_set(error, ERR_INTERNAL,
                         "--deadline is a number of seconds from 1 to 86400, not \"%s\"",
                         options->deadline);
    if (options->wait != NULL && !parse_seconds(options->wait, 0, &options->wait_ms))
        return error_set(error, ERR_INTERNAL,
                         "--wait is a number of seconds from 0 to 86400, not \"%s\"",
                         options->wait);
    if (options->concurrency != NULL &&
        (!text_parse_uint(options->concurrency, 10000, &options->concurrency_value) ||
         options->concurrency_value == 0))
        return error_set(error, ERR_INTERNAL,
                         "--concurrency is a number from 1 to 10000, not \"%s\"",
                         options->concurrency);
    if (options->now != NULL &&
        !text_parse_time(options->now, strlen(options->now), &options->now_s))
        return error_set(error, ERR_INTERNAL,
                         "--now is an RFC 3339 time like 2026-11-24T03:00:00Z, not \"%s\"",
                         options->now);
    if (options->progress != NULL && strcmp(options->progress, "auto") != 0 &&
        strcmp(options->progress, "always") != 0 && strcmp(options->progress, "never") != 0)
        return error_set(error, ERR_INTERNAL, "--progress is auto, always or never, not \"%s\"",
                         options->progress);
    return check_accept(&options->accept, error) && check_labels(&options->selection.labels, error);
}

static void apply_overrides(const struct run_options *options, struct config *config)
{
    if (options->deadline_ms > 0)
        config->run.deadline_ms = options->deadline_ms;
    if (options->concurrency_value > 0)
        config->run.concurrency = (unsigned)options->concurrency_value;
    if (options->is_without_workloads)
        config->report.has_workloads = false;
}

static bool wants_progress(const struct run_options *options, const struct global_options *global)
{
    if (options->progress != NULL && strcmp(options->progress, "auto") != 0)
        return strcmp(options->progress, "always") == 0;
    return !global->is_quiet && cmd_is_terminal(STDERR_FILENO);
}

static void on_tick(void *arg, const struct collect_progress *state)
{
    progress_show(arg, state);
}

/* The network part. */
static int collect(struct session *session, struct spool *spool, struct progress *progress,
                   struct report *report)
{
    struct error error = {0};
    const struct collect_context context = {
        .plan = session->plan,
        .engine = session->engine,
        .token = session->token,
        .own_tokens = session_own_tokens(session),
        .progress = &session->progress,
        .spool = spool,
        .tick = progress->is_on ? on_tick : NULL,
        .tick_arg = progress,
    };
    enum collect_result result = collect_run(&context, report, &error);
    progress_clear(progress);
    if (result == COLLECT_DONE)
        return EXIT_COMPLETE;
    if (result == COLLECT_NO_TOKEN)
        return session_say_no_token(session, &error);
    log_error(session->log, "%s", error.text);
    return spool_has_failed(spool, NULL) ? EXIT_NOT_WRITTEN : EXIT_INTERNAL;
}

/* RFC 3339 has no year 10000, and a clock that is no clock may say anything. */
static int64_t clamp_time(int64_t seconds)
{
    if (seconds < TEXT_TIME_MIN)
        return TEXT_TIME_MIN;
    return seconds > TEXT_TIME_MAX ? TEXT_TIME_MAX : seconds;
}

/* When the readings that were reconciled were over. */
static void set_reading_times(struct reconciliation *reconciliation, int64_t started_ms,
                              int64_t now_ms)
{
    for (int i = 0; i < 2; i++)
        reconciliation->read_at[i] =
            reconciliation->read_ms[i] == 0
                ? TIME_NULL
                : clamp_time((now_ms + reconciliation->read_ms[i] - started_ms) / 1000);
}

/* Asks and puts the report together; then everything is written, whatever the network did. */
static int report_session(struct session *session, int64_t now_ms, struct spool *spool,
                          struct report *report, struct delivery *delivery,
                          struct progress *progress)
{
    int status = session_discover(session, report->arena, &report->discovery);
    if (status == EXIT_COMPLETE)
        status = collect(session, spool, progress, report);
    session_disconnect(session);
    if (status != EXIT_COMPLETE)
        return status;
    report->duration_ms = clock_mono_ms() - session->started_ms;
    report->started_at = clamp_time(now_ms / 1000);
    report->finished_at = clamp_time((now_ms + report->duration_ms) / 1000);
    if (report->reconciliation != NULL)
        set_reading_times(report->reconciliation, session->started_ms, now_ms);
    report->selection = session_describe_selection(session, report->arena);
    project_globs_note_unmatched(session, report);
    report_finish(report);
    status = (int)report->judgement.status;
    outcome_log(session->log, report, delivery->shows_table);
    if (!delivery_write(delivery, report, now_ms))
        status = EXIT_NOT_WRITTEN;
    if (clock_mono_ms() - session->started_ms > session->config->run.deadline_ms)
        log_warning(session->log, "writing the report went past the deadline");
    return status;
}

/* The lock comes before the secrets, so that none is asked for in vain, or held while another run
 * is waited for. What is wrong with their sources does not wait. The deadline is the run's own: the
 * time it waited for another does not count. */
static int open_delivery(struct session *session, struct delivery *delivery, int64_t wait_ms)
{
    int status = session_check_secrets(session);
    if (status != EXIT_COMPLETE)
        return status;
    int64_t before_ms = clock_mono_ms();
    status = delivery_open(delivery, wait_ms);
    session->started_ms += clock_mono_ms() - before_ms;
    return status;
}

/* Everything between a sound command line and the exit status. */
static int run_session(struct session *session, const struct run_options *options,
                       struct delivery *delivery, struct progress *progress)
{
    struct error error = {0};
    int status = open_delivery(session, delivery, options->wait_ms);
    int64_t now_ms = options->now_s == TIME_NULL ? clock_real_ms() : options->now_s * 1000;
    if (status == EXIT_COMPLETE)
        status = session_read_secrets(session);
    if (status == EXIT_COMPLETE)
        status = session_connect(session);
    if (status != EXIT_COMPLETE)
        return status;
    struct spool *spool = spool_new(session->config->report.directory, &error);
    if (spool == NULL) {
        log_error(session->log, "%s", error.text);
        return EXIT_NOT_WRITTEN;
    }
    struct report *report = report_new();
    progress->started_ms = session->started_ms;
    status = report_session(session, now_ms, spool, report, delivery, progress);
    report_free(report);
    spool_free(spool);
    return status;
}

static int accept_status(int status, const struct option_list *accept)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", status);
    for (size_t i = 0; i < accept->count; i++)
        if (strcmp(accept->items[i], text) == 0)
            return EXIT_COMPLETE;
    return status;
}

/* --dry-run: everything short of contacting anybody. */
static int show_plan(struct session *session, const struct delivery *delivery)
{
    int status = session_check_secrets(session);
    if (status != EXIT_COMPLETE)
        return status;
    struct output_config *outputs = delivery_describe(delivery, &session->config->report);
    status = session_print_plan(session);
    free(outputs);
    return status == EXIT_COMPLETE ? delivery_check(delivery) : status;
}

static int run_with(struct run_options *options, struct global_options *global, struct log *log)
{
    struct error error = {0};
    struct session session = {.log = log};
    struct delivery delivery = {.log = log};
    struct progress progress = {.is_on = wants_progress(options, global)};
    int status = EXIT_USAGE;
    if (!parse_values(options, &error)) {
        log_error(log, "%s (see rollcall run --help)", error.text);
        return status;
    }
    status = session_load(&session, global, &options->selection);
    if (status != EXIT_COMPLETE)
        goto out;
    apply_overrides(options, session.config);
    const struct delivery_request request = {
        .output = options->output,
        .formats = &options->formats,
        .config = &session.config->report,
        .is_filtered = selection_is_filter(&options->selection),
        .is_quiet = global->is_quiet,
        .has_color = cmd_wants_color(global, STDOUT_FILENO),
    };
    status = EXIT_USAGE;
    if (!delivery_plan(&delivery, &request, &error)) {
        log_error(log, "%s", error.text);
        goto out;
    }
    log->before = progress_clear;
    log->before_arg = &progress;
    if (!options->is_dry)
        status = run_session(&session, options, &delivery, &progress);
    else
        status = show_plan(&session, &delivery);
    log->before = NULL;
    log->before_arg = NULL;
out:
    delivery_close(&delivery);
    session_close(&session);
    return accept_status(status, &options->accept);
}

int cmd_run(struct global_options *global, int argc, char **argv)
{
    struct run_options options = {0};
    const struct option_row rows[] = {
        {OPTION_TEXT, "output", 'o', "FILE|-", "write the report there, whole or not at all",
         &options.output},
        {OPTION_LIST, "format", 'f', "FORMAT[=FILE]",
         "json or table; with =FILE a further output (repeatable)", &options.formats},
        SELECTION_ROWS(&options.selection),
        {OPTION_TEXT, "deadline", '\0', "SECONDS", "end of the run, the writing included",
         &options.deadline},
        {OPTION_TEXT, "wait", '\0', "SECONDS",
         "wait so long for another run that holds the report\ndirectory's lock (default: 0; "
         "without a report\ndirectory there is no lock, and nothing to wait for)",
         &options.wait},
        {OPTION_TEXT, "concurrency", '\0', "N", "requests at once", &options.concurrency},
        {OPTION_FLAG, "no-workloads", '\0', NULL, "totals only, without the list of workloads",
         &options.is_without_workloads},
        {OPTION_FLAG, "dry-run", '\0', NULL, "print the plan and contact nothing", &options.is_dry},
        {OPTION_TEXT, "progress", '\0', "auto|always|never", "the progress line on stderr",
         &options.progress},
        {OPTION_LIST, "accept", '\0', "STATUS", "exit with 0 instead of this status (repeatable)",
         &options.accept},
        {OPTION_TEXT, "now", '\0', "TIME", "the time to give the report (RFC 3339)", &options.now},
        {0},
    };
    struct log log;
    int status = EXIT_COMPLETE;
    log_init(&log);
    if (cmd_parse(&help, rows, global, argc, argv, &log, &status))
        status = run_with(&options, global, &log);
    option_list_free(&options.formats);
    option_list_free(&options.accept);
    selection_free(&options.selection);
    return status;
}
