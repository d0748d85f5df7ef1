/*
 * Command lines by table: one row per option serves parsing and --help alike. GNU style:
 * --name=VALUE,
 * --name VALUE, -nVALUE, options and arguments mixed, "--" ends the options.
 */
#ifndef ROLLCALL_OPTIONS_H
#define ROLLCALL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rollcall/error.h"

enum option_kind {
    OPTION_END = 0, /* the row behind the last one */
    OPTION_FLAG,    /* target: bool, set to true */
    OPTION_COUNT,   /* target: unsigned, counts the occurrences */
    OPTION_TEXT,    /* target: const char *, the last one wins; borrowed from argv */
    OPTION_LIST,    /* target: struct option_list, collects */
};

/* The values of a repeatable option, NULL-terminated; `items` is owned, the texts are argv's. */
struct option_list {
    const char **items;
    size_t count;
};
void option_list_free(struct option_list *list);

struct option_row {
    enum option_kind kind;
    const char *name;     /* without the dashes */
    char letter;          /* '\0': none */
    const char *argument; /* "FILE"; NULL for flags */
    const char *help;
    void *target;
};

/*
 * Parses argv[1...]; `stop_at_command` ends at the first argument that is no option. Returns the
 * index of the first argument in argv (which may have been reordered), or -1 after filling `error`
 * (ERR_INTERNAL; the text names the option, and the nearest known one for an unknown one).
 */
int options_parse(const struct option_row *rows, int argc, char **argv, bool stop_at_command,
                  struct error *error);

/* Prints the rows as --help shows them. */
void options_print(const struct option_row *rows, FILE *out);

#endif
