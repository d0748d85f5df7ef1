/*
 * The one vocabulary: what the sources' words and numbers mean in the report. Pure functions.
 */
#ifndef DECODE_NORMALIZE_H
#define DECODE_NORMALIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/record.h"
#include "rollcall/str.h"

/* Words are matched without regard to the case of ASCII letters; "no value" stays "no value". */
enum workload_phase normalize_phase(struct str text);
enum workload_type normalize_type(struct str text);

/* The control plane's type is the more exact of its two words, but has more spellings than anybody
 * knows: where it is a kind of Kubernetes object, or no known word, the category decides. */
enum workload_type normalize_control_type(struct str type, struct str category);

/* Whether a type's word says that its workloads may be preempted. */
bool normalize_is_preemptible(struct str type);

/*
 * The whole table, for docs/report.md to be held against: entry `index` of it, or false behind the
 * last. A word that ends with '*' stands for all that begin with what is before it.
 */
struct normalize_word {
    const char *list;    /* "phase" or "type" */
    const char *meaning; /* "running", "training"; "kind": a kind of Kubernetes object */
    const char *text;
};
bool normalize_word(size_t index, struct normalize_word *word);

/* The integer at or below a JSON number, in whatever form it is written; false when the number is
 * negative or the integer is above `max`, which is at most 10^18. */
bool normalize_floor(struct str number, uint64_t max, uint64_t *value);

/* The value of a JSON number that is an integer, in whatever form it is written; false otherwise,
 * and as above. */
bool normalize_integer(struct str number, uint64_t max, uint64_t *value);

/* Milliseconds since 1970, as a JSON number, to seconds; false when that is no time of the years
 * 1970 to 9999. */
bool normalize_time_ms(struct str number, int64_t *seconds);

#endif
