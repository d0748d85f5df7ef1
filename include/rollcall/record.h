/*
 * The record: one workload in the one vocabulary of the report, whatever source it came from. Plain
 * data. The texts are borrowed from whoever filled it (a decoder until its callback returns, the
 * spool until the next record is read) and are valid UTF-8. A source's missing value is "no value",
 * never 0 or "".
 */
#ifndef ROLLCALL_RECORD_H
#define ROLLCALL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/amount.h"
#include "rollcall/str.h"

/* Sorted by name, so that enum order is the report's order; no value first. */
enum workload_phase {
    PHASE_NULL,
    PHASE_FAILED,
    PHASE_PENDING,
    PHASE_RUNNING,
    PHASE_STOPPED,
    PHASE_SUCCEEDED,
    PHASE_TERMINATING,
    PHASE_UNKNOWN,
    PHASE_COUNT
};

enum workload_type {
    TYPE_NULL,
    TYPE_DISTRIBUTED,
    TYPE_INFERENCE,
    TYPE_INTERACTIVE,
    TYPE_OTHER,
    TYPE_TRAINING,
    TYPE_COUNT
};

enum tristate { TRI_NULL, TRI_FALSE, TRI_TRUE };

#define TIME_NULL    INT64_MIN
#define SECONDS_NULL INT64_MIN

struct str_list {
    const struct str *items;
    size_t count;
    bool is_present; /* false: null; true with count 0: an empty array */
};

struct workload {
    struct str id;
    struct str name;
    struct str project;
    struct str department;
    struct str user;
    struct str raw_type;     /* the source's word for the type, or for its kind of object */
    struct str raw_category; /* the control plane's word for what a workload is for */
    struct str raw_phase;
    enum workload_type type;
    enum workload_phase phase;
    enum tristate preemptible;
    int64_t gpus_allocated; /* amounts, see amount.h */
    int64_t gpus_requested;
    int64_t gpus_idle;
    int64_t created_at; /* seconds since 1970, or TIME_NULL */
    int64_t pending_s;  /* how long it has been pending in all, or SECONDS_NULL */
    int64_t running_s;
    struct str_list images;
    struct str_list nodes;
    struct str_list node_pools;
    /* What a record without a project was asked for by, else "no value". The report's workloads do
     * not show it: the source did not say it. */
    struct str project_asked;
};

/* A record in which every field is "no value". */
void workload_init(struct workload *workload);

/* "running"; NULL for PHASE_NULL. */
const char *workload_phase_name(enum workload_phase phase);
const char *workload_type_name(enum workload_type type);

#endif
