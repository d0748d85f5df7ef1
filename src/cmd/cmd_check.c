#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "rollcall/collect.h"
#include "rollcall/mem.h"
#include "rollcall/store.h"
#include "rollcall/text.h"
#include "session.h"

#define LINE_MAX_BYTES (64u * 1024)

static const struct command_help help = {
    .usage = "rollcall check [OPTION...]",
    .description =
        "Validates the configuration and prints the plan: what a run would ask, with which "
        "limits,\n"
        "and where secrets come from. With --connect it also tries the name, TLS, the token and "
        "one\n"
        "cheap authenticated request against every endpoint, without reading workloads.\n\n"
        "Exit status: 0 all is well; 2 the configuration is wrong; 8 the report directory or "
        "standard\n"
        "output cannot be written; with --connect also 4 some clusters failed, 6 all failed,\n"
        "7 no token.",
    .example = "Example:\n  rollcall check -c fleet.conf --connect",
};

/* "ok", the name padded to `width` columns, the URL, and why it failed. */
static void print_result(const struct connect_result *result, size_t width, struct buf *line)
{
    const struct cluster_config *cluster = result->cluster;
    bool is_ok = result->error.class == ERR_NONE;
    buf_clear(line);
    text_printable(cluster->name, strlen(cluster->name), line);
    size_t pad = width - text_columns(line->data, line->len);
    buf_printf(line, "%*s  ", (int)pad, "");
    const char *url = cluster->url == NULL ? "-" : cluster->url;
    text_printable(url, strlen(url), line);
    if (cluster->skipped != NULL)
        buf_printf(line, "  %s", cluster->skipped);
    else if (!is_ok)
        buf_printf(line, "  %s: %s", error_class_name(result->error.class), result->error.text);
    printf("%-7s  %s\n",
           cluster->skipped != NULL ? "skipped"
           : is_ok                  ? "ok"
                                    : "failed",
           line->data);
}

static size_t widest_name(const struct connect_result *results, size_t count, struct buf *line)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        buf_clear(line);
        text_printable(results[i].cluster->name, strlen(results[i].cluster->name), line);
        size_t columns = text_columns(line->data, line->len);
        width = columns > width ? columns : width;
    }
    return width;
}

static int report_results(const struct connect_result *results, size_t count)
{
    struct buf line;
    size_t failed = 0, missing = 0;
    buf_init(&line, LINE_MAX_BYTES);
    size_t width = widest_name(results, count, &line);
    for (size_t i = 0; i < count; i++) {
        print_result(&results[i], width, &line);
        const struct cluster_config *cluster = results[i].cluster;
        bool is_missing = cluster->skipped != NULL || results[i].error.class != ERR_NONE;
        failed += is_missing;
        missing += is_missing && !cluster->is_optional;
    }
    buf_free(&line);
    if (failed == count)
        return EXIT_NO_ANSWER;
    return missing == 0 ? EXIT_COMPLETE : EXIT_INCOMPLETE;
}

static int probe_all(struct session *session)
{
    struct error error = {0};
    const struct collect_context context = {
        .plan = session->plan,
        .engine = session->engine,
        .token = session->token,
        .own_tokens = session_own_tokens(session),
        .progress = &session->progress,
    };
    size_t count = session->plan->cluster_count;
    struct connect_result *results = mem_new(count, sizeof(*results));
    int status = EXIT_INTERNAL;
    switch (collect_connect(&context, results, &error)) {
    case COLLECT_DONE:
        status = report_results(results, count);
        break;
    case COLLECT_NO_TOKEN:
        status = session_say_no_token(session, &error);
        break;
    case COLLECT_BROKEN:
        log_error(session->log, "%s", error.text);
        break;
    }
    free(results);
    return status;
}

static int connect_all(struct session *session)
{
    struct arena *arena = arena_new();
    struct discovery_section *section = NULL;
    int status = session_discover(session, arena, &section);
    if (status == EXIT_COMPLETE && session->plan->cluster_count > 0)
        status = probe_all(session);
    if (status == EXIT_COMPLETE && section != NULL && section->error.class != ERR_NONE)
        status = EXIT_INCOMPLETE;
    arena_free(arena);
    return status;
}

/* Whether a report could be written into the configured directory. */
static int check_directory(const struct session *session)
{
    struct error error = {0};
    const char *directory = session->config->report.directory;
    if (directory == NULL || store_check(directory, &error))
        return EXIT_COMPLETE;
    log_error(session->log, "%s", error.text);
    return EXIT_NOT_WRITTEN;
}

int cmd_check(struct global_options *global, int argc, char **argv)
{
    bool is_connecting = false;
    struct selection_options selection = {0};
    const struct option_row rows[] = {
        {OPTION_FLAG, "connect", '\0', NULL, "try every endpoint, with the token", &is_connecting},
        SELECTION_ROWS(&selection),
        {0},
    };
    struct log log;
    struct session session = {.log = &log};
    int status = EXIT_COMPLETE;
    log_init(&log);
    if (!cmd_parse(&help, rows, global, argc, argv, &log, &status))
        goto out;
    status = session_load(&session, global, &selection);
    if (status == EXIT_COMPLETE)
        status = session_check_secrets(&session);
    if (status != EXIT_COMPLETE)
        goto out;
    status = session_print_plan(&session);
    if (status == EXIT_COMPLETE)
        status = check_directory(&session);
    if (status == EXIT_COMPLETE && is_connecting) {
        printf("\n");
        (void)fflush(stdout);
        status = session_read_secrets(&session);
        if (status == EXIT_COMPLETE)
            status = session_connect(&session);
        if (status == EXIT_COMPLETE)
            status = connect_all(&session);
        if (cmd_flush(&log) != EXIT_COMPLETE)
            status = EXIT_NOT_WRITTEN;
    }
out:
    session_close(&session);
    selection_free(&selection);
    return status;
}
