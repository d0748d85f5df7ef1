/*
 * Reading a list by offset while it changes, without missing what was there all the time, without
 * counting anything twice, and without asking a server more than its list is worth.
 *
 * What is new comes last, but a removal shifts all that is behind it, and a page asked for by its
 * offset would miss as many. So each page begins with the last record of the page before, which is
 * known by its id: if it is not there, the reader steps back, twice as far each time, until a page
 * begins with a record that was seen. A record without an id cannot be met again. The page behind
 * one that ends with such a record is asked where that one ended, and whether the list has shifted
 * there is not known.
 *
 * The pages of one list take at most PAGING_SPARE requests and two for each record that they bring:
 * a list that does not end by then is not read to its end.
 */
#ifndef ROLLCALL_PAGING_H
#define ROLLCALL_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/error.h"

enum { PAGING_SPARE = 1000 };

struct paging {
    int64_t offset;    /* of the page to ask */
    int64_t frontier;  /* the end of what was read without a gap */
    int64_t back;      /* how far the reader has stepped back for this page */
    uint64_t removed;  /* records that were removed behind the reader, as far as shifts show */
    uint64_t requests; /* for pages */
    uint64_t brought;  /* records that no page before had */
    uint64_t seen;     /* of those, the wanted ones */
    uint64_t deleted;  /* of those, the wanted ones that are only left as deleted */
    bool is_blind;     /* some page was asked without a record that it had to begin with */
    /* Of the page at hand. */
    uint64_t records;
    uint64_t known;   /* records that were seen before */
    uint64_t unnamed; /* records without an id */
    uint64_t page_brought, page_seen, page_deleted;
    bool is_first_known;
    bool is_last_named;
};

enum paging_verdict {
    PAGING_LAST,
    PAGING_MORE,
    PAGING_DISCARD, /* it does not join what was read: forget its records and ask on */
    PAGING_BAD,
};

/* An attempt at a page begins. */
void paging_begin(struct paging *paging);
/* A record of the page; `is_new`: none with its id was seen before. */
void paging_note(struct paging *paging, bool has_id, bool is_new);
/* The new record that was just noted is one of those that are counted. */
void paging_count(struct paging *paging, bool is_deleted);
/* The page is whole; `next` is the list's next offset or -1. PAGING_BAD after filling `error` when
 * the list goes back, or has taken too many requests. */
enum paging_verdict paging_end(struct paging *paging, int64_t next, struct error *error);

/*
 * Whether what was seen agrees with the list's counts before and after (-1: unknown); false after
 * filling `error`. It has to be at least the smaller count, with the deleted added (a count may
 * hold them), and at most the larger one, with the removed added (they were counted before they
 * went). Where pages were asked blindly, a list that changed meanwhile cannot be vouched for: both
 * counts have to be the same then.
 */
bool paging_agrees(const struct paging *paging, int64_t before, int64_t after, struct error *error);

#endif
