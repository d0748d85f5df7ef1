/* The commands: each parses its options, loads, calls, renders, and returns an exit status. */
#ifndef ROLLCALL_CMD_H
#define ROLLCALL_CMD_H

#include <stdbool.h>

#include "rollcall/exit_status.h"
#include "rollcall/log.h"
#include "rollcall/options.h"

/* What every command accepts, before or behind its name. */
struct global_options {
    const char *config;
    unsigned verbose;
    bool is_quiet;
    const char *log_format;
    const char *color;
    bool wants_help;
    bool wants_version;
};

struct command {
    const char *name;
    const char *help;
    int (*run)(struct global_options *global, int argc, char **argv);
};

int cmd_run(struct global_options *global, int argc, char **argv);
int cmd_check(struct global_options *global, int argc, char **argv);

/* The rows of the global options, with `global` as their target; the last one is OPTION_END. */
#define GLOBAL_ROW_COUNT 8
void cmd_global_rows(struct global_options *global, struct option_row rows[GLOBAL_ROW_COUNT]);

/* What a command's --help shows around its options. */
struct command_help {
    const char *usage; /* "rollcall run [OPTION...]" */
    const char *description;
    const char *example;
};

/*
 * Parses a command's line: its own rows and the global ones; it takes no further arguments. Sets up
 * the logger. Returns false with *status set when the command is over (--help, --version, a usage
 * error).
 */
bool cmd_parse(const struct command_help *help, const struct option_row *own,
               struct global_options *global, int argc, char **argv, struct log *log, int *status);

/* Prints the version; the exit status. */
int cmd_print_version(const struct log *log);

/* Text for stdout has to arrive, or it is a failure: flushes it and returns the exit status. */
int cmd_flush(const struct log *log);

/* Whether this descriptor is a terminal that understands more than plain text. */
bool cmd_is_terminal(int fd);

/* Whether colour is wanted on this descriptor (--color, NO_COLOR, TERM). */
bool cmd_wants_color(const struct global_options *global, int fd);

#endif
