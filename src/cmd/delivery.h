/* Where a run's report goes: which formats, into which files, and the report directory. */
#ifndef ROLLCALL_DELIVERY_H
#define ROLLCALL_DELIVERY_H

#include "cmd.h"
#include "rollcall/config.h"
#include "rollcall/render.h"
#include "rollcall/store.h"

struct delivery {
    const struct log *log;
    struct render_options options;
    struct delivery_item {
        const struct render_format *format;
        char *path; /* owned; "-": standard output */
        mode_t mode;
    } * items;
    size_t count;
    const char *directory; /* NULL: the report directory is not written */
    unsigned keep;
    mode_t mode;
    struct store *store;
    bool shows_table; /* where messages go as well: both to a terminal */
};

struct delivery_request {
    const char *output;                /* -o, or NULL */
    const struct option_list *formats; /* -f: FORMAT or FORMAT=FILE */
    const struct report_config *config;
    bool is_filtered; /* the run is of a part of the fleet only */
    bool is_quiet;
    bool has_color;
};

/* Decides what goes where. What the command line names replaces what the configuration says. The
 * configured files are the whole fleet's: a filtered run leaves them alone. False after filling
 * `error` (a usage error). */
bool delivery_plan(struct delivery *delivery, const struct delivery_request *request,
                   struct error *error);

/* Says what the plan is to show: sets the outputs and the directory of `config`. The outputs are
 * freed by the caller when the plan was shown. */
struct output_config *delivery_describe(const struct delivery *delivery,
                                        struct report_config *config);

/* Checks that each file could be made, without leaving anything: EXIT_COMPLETE, or EXIT_NOT_WRITTEN
 * after saying why. */
int delivery_check(const struct delivery *delivery);

/* Takes the lock, for which it waits so long at most, and checks that each file could be made:
 * EXIT_COMPLETE, EXIT_LOCKED or EXIT_NOT_WRITTEN after saying why. */
int delivery_open(struct delivery *delivery, int64_t wait_ms);

/* Writes everything: the report directory first. False when anything failed, after saying so. */
bool delivery_write(struct delivery *delivery, const struct report *report, int64_t time_ms);

void delivery_close(struct delivery *delivery);

#endif
