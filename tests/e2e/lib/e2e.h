/*
 * The end-to-end tests' tools: simulated fleets, runs of the real binary, and reports compared with
 * the fleet's truth. What a test cannot go on without (a fleet that does not start, a file that
 * cannot be read, a run that does not end) ends the test program with a message.
 *
 * The binaries are those in $BUILD ("build" if unset). E2E_KEEP=1 keeps the fleets' directories.
 * With E2E_VALGRIND=1 the program runs under valgrind's memcheck, and what that finds ends the test
 * program. $E2E_REACHED names a file that exit statuses and error classes are noted in, as they are
 * seen.
 */
#ifndef E2E_H
#define E2E_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <yajl/yajl_tree.h>

/* Prints the message and ends the program with status 3. */
void e2e_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Whether the binary is built with sanitizers (E2E_SANITIZED=1) or runs under valgrind: memory and
 * speed say nothing. */
bool e2e_is_sanitized(void);
/* Whether the program runs under valgrind (E2E_VALGRIND=1), which needs $TMPDIR itself. */
bool e2e_is_under_valgrind(void);
/* Whether tests that take long are wanted (E2E_SLOW=1). */
bool e2e_is_slow_wanted(void);
int64_t e2e_now_ms(void);

/* ---- fleets ---- */

struct e2e_fleet;

/* Starts a simulator on a fleet file with this text, in a directory of its own. */
struct e2e_fleet *e2e_start(const char *text);
/* The same with a port and a seed (0: any). */
struct e2e_fleet *e2e_start_with(const char *text, unsigned port, unsigned seed);
/* Ends it (checking that it ends well) and removes its directory. */
void e2e_stop(struct e2e_fleet *fleet);

/* DIR/NAME; borrowed until e2e_stop(). */
const char *e2e_path(struct e2e_fleet *fleet, const char *name);
unsigned e2e_port(const struct e2e_fleet *fleet);

/* Lines of requests.log in which the cluster's name is this (NULL: any), the path begins with this
 * (NULL: any), and what was served begins with this (NULL: anything). Probes of the simulator
 * itself count. */
size_t e2e_count(struct e2e_fleet *fleet, const char *cluster, const char *path,
                 const char *served);

/* Replaces the first occurrence of `place` in DIR/NAME by `text`; "@" in either stands for DIR. */
void e2e_replace(struct e2e_fleet *fleet, const char *name, const char *place, const char *text);

/* Adds text to DIR/NAME behind the first occurrence of `place`, "@" in the text standing for DIR.
 */
void e2e_edit(struct e2e_fleet *fleet, const char *name, const char *place, const char *text);

/* ---- faults ---- */

struct e2e_report;

/* A cluster with a fault, and what has to become of it. */
struct e2e_case {
    const char *name;     /* of the cluster */
    const char *settings; /* in the fleet file */
    const char *status, *class;
    int http_status;     /* 0: null */
    const char *message; /* what the error's message must hold; NULL: nothing in particular */
    const char *served;  /* what the simulator's log must show */
    unsigned times;      /* how often at least */
};

/* A fleet file of this text and, behind it, the cases' clusters; to be freed. */
char *e2e_cases_text(const char *common, const struct e2e_case *cases, size_t count);

/* Compares; prints what is not as the cases say, and returns how many are not. */
size_t e2e_check_cases(const struct e2e_case *cases, size_t count, const struct e2e_report *report,
                       struct e2e_fleet *fleet);

/* ---- files ---- */

/* A whole file, NUL-terminated, to be freed; NULL if there is none. */
char *e2e_read(const char *path, size_t *len);
void e2e_write(const char *path, mode_t mode, const char *text);
bool e2e_exists(const char *path);

/* ---- runs ---- */

#define E2E_MAX_ARGS 32

struct e2e_run {
    const char *program;            /* another than $BUILD/rollcall */
    const char *args[E2E_MAX_ARGS]; /* without the program's name; NULL-terminated */
    const char *env[8];             /* "NAME=value" (without "=": unset); NULL-terminated */
    const char *stdout_path;        /* where standard output goes instead of being kept */
    int stdout_fd;                  /* likewise, if not 0 */
    int ignored[4];                 /* signals it is started with ignored; 0 ends */
    long timeout_ms;                /* 0: a minute */
    unsigned max_files;             /* descriptors it may have; 0: as many as the test has */
    /* Called about every millisecond while the program runs. */
    void (*watch)(void *arg, pid_t pid);
    void *watch_arg;
};

struct e2e_result {
    int status; /* of the exit; -1: ended by `signal` */
    int signal;
    bool has_core;   /* a signal's core dump was written */
    char *out, *err; /* NUL-terminated; `out` is "" with stdout_path */
    size_t out_len;
    long wall_ms;
    long peak_kib;
};

/* The settings for `env` that put $BUILD/tests/interpose_NAME.so into the program; the caller frees
 * them. */
#define E2E_PRELOAD_COUNT 2
void e2e_preload(const char *name, char *settings[E2E_PRELOAD_COUNT]);

struct e2e_result *e2e_run(const struct e2e_run *run);

/* The same in two steps, for several runs at once; what `run` points to is borrowed until the
 * end. */
struct e2e_job;
struct e2e_job *e2e_begin(const struct e2e_run *run);
pid_t e2e_pid(const struct e2e_job *job);
/* What it has printed on standard error so far; to be freed. */
char *e2e_err(const struct e2e_job *job);
/* Waits until it has printed this on standard error, or ends the test program. */
void e2e_await_err(const struct e2e_job *job, const char *text);
/* Waits until e2e_count() is at least `count`, or ends the test program. */
void e2e_await_count(struct e2e_fleet *fleet, const char *cluster, const char *path,
                     const char *served, size_t count);
/* Waits for its end (or ends the test program) and frees it. */
struct e2e_result *e2e_end(struct e2e_job *job);

void e2e_result_free(struct e2e_result *result);

/* Whether standard error is the report's warnings, each in a line of its own, and nothing else. */
bool e2e_says_warnings_only(const struct e2e_report *report, const char *err);

/* Runs once as the usual, checks the status and that nothing but warnings is printed where it is 0,
 * and returns the report (NULL where the status says that there is none). */
struct e2e_report *e2e_collect_report(struct e2e_fleet *fleet, int status,
                                      const char *const more[]);

/* The usual: "run -q -c DIR/rollcall.conf -o DIR/report.json", the table in DIR/table.txt (unless
 * formats are among them) and up to five more arguments. */
struct e2e_result *e2e_collect(struct e2e_fleet *fleet, const char *const more[]);

/* ---- reports ---- */

struct e2e_report {
    yajl_val head;   /* all of the report but `workloads` */
    char *stable;    /* canonical JSON of it without the volatile fields */
    FILE *workloads; /* canonical JSON, one line each, in the report's order */
    size_t workload_count;
};

struct e2e_report *e2e_load(const char *path);
void e2e_report_free(struct e2e_report *report);

/* A value by its keys, e.g. e2e_get(report->head, "coverage", "ok", NULL); NULL if there is none.
 */
yajl_val e2e_get(yajl_val value, const char *key, ...) __attribute__((sentinel));
/* A text, or the digits of a number, or "null", "true", "false", "[array]", "{object}", "(none)".
 */
const char *e2e_text(yajl_val value);
/* The entry of this cluster, or NULL. */
yajl_val e2e_cluster(const struct e2e_report *report, const char *name);

/* Compares with DIR/truth.jsonl: status, class and counts of each cluster and project, totals,
 * coverage and outcome, and every workload field by field; and, if e2e_collect() made the report,
 * the table of the same run with the report. Prints the first differences; returns their number.
 */
size_t e2e_compare_truth(const struct e2e_report *report, struct e2e_fleet *fleet);

/* The same without the workloads, for reports that leave them out. */
size_t e2e_compare_summary(const struct e2e_report *report, struct e2e_fleet *fleet);

/* Compares the figures in a table with the report's, by an own idea of how they are shown: clusters
 * by status, workloads and GPUs by phase, type and project, what was repaired, discovered and
 * reconciled. Prints the first differences; returns their number. */
size_t e2e_compare_table(const struct e2e_report *report, const char *path);

/* Whether some workload of this cluster has this id (as canonical JSON, with its quotes). */
bool e2e_has_id(const struct e2e_report *report, const char *cluster, const char *id);
/* How many workloads the report has of this cluster, and how many distinct ids these have. */
size_t e2e_workloads_of(const struct e2e_report *report, const char *cluster, size_t *distinct);

/* Whether an array of texts is these ones, in this order (NULL-terminated). */
bool e2e_is_list(yajl_val list, const char *const texts[]);

/* Whether two reports are the same but for the volatile fields; prints where they begin to differ.
 */
bool e2e_same(const struct e2e_report *a, const struct e2e_report *b);

#endif
