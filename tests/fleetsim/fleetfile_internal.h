/* Shared by the two halves of the fleet file's reader: lines (fleetfile.c) and keys. */
#ifndef FLEETSIM_FLEETFILE_INTERNAL_H
#define FLEETSIM_FLEETFILE_INTERNAL_H

#include "fleet.h"

/* One line's place, for messages. */
struct place {
    const char *file;
    unsigned line;
};

/* Dies with "FILE:LINE: what: word". */
void fleetfile_wrong(const struct place *place, const char *what, const char *word)
    __attribute__((noreturn));
long fleetfile_number(const struct place *place, const char *value, long max);
bool fleetfile_truth(const struct place *place, const char *value);
void fleetfile_fault(const struct place *place, const char *value, struct fault *fault);
void fleetfile_replace(char **text, const char *value);
/* False when the key is none of HTTP/2's. */
bool fleetfile_set_http2(const struct place *place, struct http2_settings *http2, const char *key,
                         const char *value);
/* Splits "key=value" and takes the quotes off the value (not of settings, which are copied as they
 * are). */
char *fleetfile_value(const struct place *place, char *word);

/* Apply one word "key=value", which is written over. */
void fleetfile_set_cluster(const struct place *place, struct cluster *cluster, char *word);
void fleetfile_set_control(const struct place *place, struct fleet *fleet, char *word);

#endif
