/* A keyed hash for tables whose keys strangers choose: SipHash-1-3. */
#ifndef ROLLCALL_HASH_H
#define ROLLCALL_HASH_H

#include <stdint.h>

#include "rollcall/str.h"

struct hash_key {
    uint64_t words[2];
};

/* A random key. Without random bytes a table is as right as ever, and only easier to slow down. */
struct hash_key hash_key_new(void);

/* "No value" hashes like the empty text, which costs one collision at most. */
uint64_t hash_str(const struct hash_key *key, struct str text);

/*
 * The same in a third of the time, in the way of wyhash: it multiplies what it mixes, 16 bytes at a
 * time. Who could watch many hashes might find texts that collide, so it is for tables that never
 * show one.
 */
uint64_t hash_quick(const struct hash_key *key, struct str text);

#endif
