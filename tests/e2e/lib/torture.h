/*
 * Torture: runs of the program in which one call fails, each judged by the contract. A scene is a
 * fleet with a whole report from before; a strike is one run in it.
 */
#ifndef E2E_TORTURE_H
#define E2E_TORTURE_H

#include "../../interpose/torture.h"
#include "e2e.h"

enum torture_setup {
    TORTURE_TO_FILE,      /* -o FILE and a table beside it; the token is kept from run to run */
    TORTURE_TO_DIRECTORY, /* report.directory; discovery, reconciliation, a command's secret */
};

struct torture_fault {
    enum torture_function function;
    enum torture_mode mode;
    int error;      /* errno */
    uint32_t nth;   /* from 1 */
    int64_t jump_s; /* TORTURE_JUMP */
};

struct torture_scene;

/* Runs once as the usual, so that there is a report before. `program` is another binary than
 * $BUILD/rollcall, or NULL. */
struct torture_scene *torture_open(enum torture_setup setup, const char *program);
void torture_close(struct torture_scene *scene);

/* How many calls of this function an undisturbed run makes (measured once). */
uint32_t torture_calls(const struct torture_scene *scene, enum torture_function function);
const char *torture_name(enum torture_function function);

/* Runs with this fault and judges the outcome; false after saying what was wrong with it. */
bool torture_strike(struct torture_scene *scene, const struct torture_fault *fault);

/* Strikes every call that a run makes with everything that can befall it (`all`), or one call of
 * each function with one thing. Prints what was done; returns how many outcomes were wrong. */
size_t torture_all(struct torture_scene *scene, bool all);

/* Likewise with each allocation of $BUILD/rollcall-torture, or about every `step`th. */
size_t torture_allocations(enum torture_setup setup, uint32_t step);

/* One run of the scene, not judged, in which no call fails but by `shell`: commands of sh that come
 * before it ("ulimit -n 20;"), or redirections behind it (">&-"); NULL: none. */
struct e2e_result *torture_run_in(struct torture_scene *scene, const char *shell,
                                  const char *redirections);

/* ---- judging, for faults that are injected otherwise ---- */

/* What is known about a fault. */
struct torture_case {
    const char *name;      /* for messages */
    const char *file;      /* the file it struck, or "" */
    const char *cause;     /* what the message must say, or NULL: nothing in particular */
    bool is_network;       /* clusters may be missing over it */
    bool must_be_survived; /* nothing less than a complete report will do */
    bool may_litter;       /* temporaries may stay until the next run */
};

/* Judges an outcome by the contract: the status, what was said, the report that is there now, and
 * what else lies about. False after saying what was wrong. Frees the result. */
bool torture_judge(struct torture_scene *scene, const struct torture_case *c,
                   struct e2e_result *result);

/* DIR/out, where the reports go; DIR/tmp, which is $TMPDIR. */
const char *torture_output_directory(struct torture_scene *scene);
struct e2e_fleet *torture_fleet(struct torture_scene *scene);

#endif
