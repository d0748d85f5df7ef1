/*
 * Reading a list by offset while it changes. What is new comes last, but a removal shifts all that
 * is behind it, and a page asked for by its offset would miss as many. So each page begins with the
 * last record of the page before: if that is not the one that was seen, the reader steps back until
 * it meets a record that it has seen, and nothing that was there all the time is missed.
 */
#ifndef ROLLCALL_PAGING_H
#define ROLLCALL_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/error.h"

struct paging {
    int64_t offset;   /* of the page to ask */
    int64_t frontier; /* the end of what was read without a gap */
    int64_t back;     /* how far the reader has stepped back for this page */
    uint64_t removed; /* records that were removed behind the reader, as far as shifts show */
    /* Of the page at hand. */
    uint64_t records; /* that have an id */
    uint64_t known;   /* of those, the ones that were seen before */
    bool is_first_known;
};

enum paging_verdict {
    PAGING_LAST,
    PAGING_MORE,
    PAGING_DISCARD, /* it does not join what was read: forget its records and ask on */
    PAGING_BAD,
};

/* An attempt at a page begins. */
void paging_begin(struct paging *paging);
/* A record with an id; `is_new`: it was not seen before. */
void paging_note(struct paging *paging, bool is_new);
/* The page is whole; `next` is the list's next offset or -1, `is_opaque` says that the page held
 * records that were not noted. PAGING_BAD after filling `error` when the list goes back. */
enum paging_verdict paging_end(struct paging *paging, int64_t next, bool is_opaque,
                               struct error *error);

/* Whether what was seen lies between the list's counts before and after (-1: unknown), the removed
 * and the deleted that were left out allowed for; false after filling `error`. */
bool paging_agrees(const struct paging *paging, uint64_t seen, uint64_t deleted, int64_t before,
                   int64_t after, struct error *error);

#endif
