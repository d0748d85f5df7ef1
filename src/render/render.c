#include "rollcall/render.h"

#include <string.h>

#include "render_internal.h"

static const struct render_format formats[] = {
    {"json", "the whole report, rollcall.report/1", render_json},
    {"table", "what went wrong and the totals, for a terminal", render_table},
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

static const char *const names[FORMAT_COUNT + 1] = {"json", "table"};

const struct render_format *render_find(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *const *render_names(void)
{
    return names;
}

bool render_to(const struct report *report, const struct render_format *format,
               const struct render_options *options, const char *path, mode_t mode,
               struct error *error)
{
    struct outfile *out = outfile_open(path, mode, error);
    if (out == NULL)
        return false;
    struct error cause = {0};
    /* Of a failed write the file itself knows the reason, and the commit reports it. */
    if (format->render(report, options, out, &cause) || cause.class == ERR_NONE)
        return outfile_commit(out, error);
    outfile_abort(out);
    if (error != NULL)
        *error = cause;
    return error_prefix(error, "cannot write %s", strcmp(path, "-") == 0 ? "the report" : path);
}
