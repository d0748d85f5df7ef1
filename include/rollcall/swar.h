/*
 * Eight bytes of text looked at in one go (SIMD within a register), which is what makes reading and
 * writing JSON fast without an instruction set of its own.
 */
#ifndef ROLLCALL_SWAR_H
#define ROLLCALL_SWAR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SWAR_BYTES       sizeof(uint64_t)
#define SWAR_EVERY(byte) (UINT64_C(0x0101010101010101) * (byte))
#define SWAR_HIGH_BITS   SWAR_EVERY(0x80)

/* The next SWAR_BYTES bytes, wherever they are. */
static inline uint64_t swar_load(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

/*
 * These set the highest bit of each byte that is looked for; the other bits mean nothing. A byte
 * behind one that was found, or one that is no ASCII, may be marked though it is something else. So
 * a word without marks holds nothing of what was looked for, and one with marks is for a closer
 * look.
 */

/* Bytes that are this one. */
static inline uint64_t swar_find(uint64_t word, unsigned char byte)
{
    return (word ^ SWAR_EVERY(byte)) - SWAR_EVERY(1);
}

/* Bytes below this one. */
static inline uint64_t swar_find_below(uint64_t word, unsigned char byte)
{
    return word - SWAR_EVERY(byte);
}

/* Whether any of the marks is set. */
static inline bool swar_has(uint64_t marks)
{
    return (marks & SWAR_HIGH_BITS) != 0;
}

/* Whether two texts of the same length are the same; for short ones, which memcmp() is too far away
 * for. The last word of each is compared together with some of what is in front of it. */
static inline bool swar_equals(const char *a, const char *b, size_t len)
{
    if (len >= SWAR_BYTES) {
        for (size_t at = 0; at + SWAR_BYTES < len; at += SWAR_BYTES)
            if (swar_load(a + at) != swar_load(b + at))
                return false;
        return swar_load(a + len - SWAR_BYTES) == swar_load(b + len - SWAR_BYTES);
    }
    if (len >= sizeof(uint32_t)) {
        uint32_t first[2], last[2];
        memcpy(&first[0], a, sizeof *first);
        memcpy(&first[1], b, sizeof *first);
        memcpy(&last[0], a + len - sizeof *last, sizeof *last);
        memcpy(&last[1], b + len - sizeof *last, sizeof *last);
        return first[0] == first[1] && last[0] == last[1];
    }
    for (size_t at = 0; at < len; at++)
        if (a[at] != b[at])
            return false;
    return true;
}

#endif
