/* The commands: each parses its options, loads, calls, renders, and returns an exit status. */
#ifndef ROLLCALL_CMD_H
#define ROLLCALL_CMD_H

#include <stdbool.h>

#include "rollcall/log.h"
#include "rollcall/options.h"

/* Fixed from the first release: wrappers rely on them. */
enum exit_status {
    EXIT_COMPLETE = 0,    /* every selected cluster answered in full */
    EXIT_INTERNAL = 1,    /* out of memory, a bug */
    EXIT_USAGE = 2,       /* command line or configuration: nothing was contacted */
    EXIT_FINDINGS = 3,    /* findings at or above fail_on */
    EXIT_INCOMPLETE = 4,  /* some cluster is missing or incomplete in the report */
    EXIT_BOTH = 5,        /* 3 and 4 together */
    EXIT_NO_ANSWER = 6,   /* no cluster answered: the report says so */
    EXIT_NO_REPORT = 7,   /* no token, and so no cluster could be asked */
    EXIT_NOT_WRITTEN = 8, /* the report could not be written or delivered */
    EXIT_LOCKED = 75,     /* another run holds the lock */
};

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
