#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cmd/cmd.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"
#include "rollcall/text.h"

static const struct command commands[] = {
    {"run", "collect from the fleet, write the report", cmd_run},
    {"check", "validate the configuration and print the plan", cmd_check},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const char usage[] = "rollcall [OPTION...] COMMAND [OPTION...]";

static int print_commands(const struct log *log)
{
    struct global_options global = {0};
    struct option_row rows[GLOBAL_ROW_COUNT];
    cmd_global_rows(&global, rows);
    printf("Usage: %s\n\n"
           "One token, every Run:ai cluster, one report you can trust even when some clusters do\n"
           "not answer.\n\nCommands:\n",
           usage);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-24s%s\n", commands[i].name, commands[i].help);
    printf("\nGlobal options:\n");
    options_print(rows, stdout);
    printf("\nrollcall COMMAND --help tells more about each.\n\n"
           "Example:\n  rollcall run -c fleet.conf -o report.json\n");
    return cmd_flush(log);
}

static int usage_error(const struct log *log, const char *text)
{
    log_error(log, "%s (see rollcall --help)", text);
    return EXIT_USAGE;
}

static int unknown_command(const struct log *log, const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {0};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        log_error(log, "unknown command \"%s\": did you mean \"%s\"?", name, nearest);
    else
        log_error(log, "unknown command \"%s\" (see rollcall --help)", name);
    return EXIT_USAGE;
}

/* The process holds secrets: none of them may end up in a core file. */
static void forbid_core_dumps(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* the leak checker traces its own process */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
    struct log log;
    struct error error = {0};
    struct global_options global = {0};
    struct option_row rows[GLOBAL_ROW_COUNT];

    /* First of all: a SIGUSR1 would end the process until then. */
    bool has_handlers = stop_install();
    log_init(&log);
    if (!has_handlers) {
        log_error(&log, "cannot install signal handlers: %s", strerror(errno));
        return EXIT_INTERNAL;
    }
    forbid_core_dumps();
    /* Only for the width of characters in the table. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    cmd_global_rows(&global, rows);
    int first = options_parse(rows, argc, argv, true, &error);
    if (first < 0)
        return usage_error(&log, error.text);
    if (first == argc && global.wants_version)
        return cmd_print_version(&log);
    if (first == argc && global.wants_help)
        return print_commands(&log);
    if (first == argc)
        return usage_error(&log, "no command");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[first], commands[i].name) == 0) {
            char *name = mem_printf("rollcall %s", commands[i].name);
            argv[first] = name;
            int status = commands[i].run(&global, argc - first, argv + first);
            free(name);
            return status;
        }
    return unknown_command(&log, argv[first]);
}
