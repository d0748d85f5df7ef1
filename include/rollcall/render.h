/*
 * Formats: a table of name and function. Each is a pure function of a finished, const report: no
 * configuration, no clock, no network. Delivery into files is done here, once for all formats.
 */
#ifndef ROLLCALL_RENDER_H
#define ROLLCALL_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rollcall/error.h"
#include "rollcall/outfile.h"
#include "rollcall/report.h"

struct render_options {
    bool has_color;   /* table: ANSI colours */
    unsigned columns; /* table: the terminal's width; 0: no limit */
};

/* Returns false when writing failed (the file keeps why) or, after filling `error`, when the
 * workloads could not be read back. */
typedef bool render_fn(const struct report *report, const struct render_options *options,
                       struct outfile *out, struct error *error);

struct render_format {
    const char *name;
    const char *help; /* a few words */
    render_fn *render;
};

/* NULL when there is no such format. */
const struct render_format *render_find(const char *name);
/* All names, NULL-terminated; static. */
const char *const *render_names(void);

/* Renders into `path` ("-": standard output), whole or not at all. False after filling `error`. */
bool render_to(const struct report *report, const struct render_format *format,
               const struct render_options *options, const char *path, mode_t mode,
               struct error *error);

#endif
