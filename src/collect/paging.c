#include "paging.h"

#include <inttypes.h>

void paging_begin(struct paging *paging)
{
    paging->records = paging->known = 0;
    paging->is_first_known = false;
}

void paging_note(struct paging *paging, bool is_new)
{
    if (paging->records++ == 0)
        paging->is_first_known = !is_new;
    paging->known += !is_new;
}

/* The page does not join what was read: asks again from further back, twice as far each time. */
static void step_back(struct paging *paging)
{
    paging->back = paging->back == 0 ? 1 : 2 * paging->back;
    paging->offset = paging->frontier - 1 - paging->back;
    if (paging->offset < 0)
        paging->offset = 0;
}

/* What the page should have repeated and did not was removed. */
static void count_removed(struct paging *paging)
{
    uint64_t overlap = (uint64_t)(paging->frontier - paging->offset);
    if (overlap > paging->records)
        overlap = paging->records;
    if (overlap > paging->known)
        paging->removed += overlap - paging->known;
}

enum paging_verdict paging_end(struct paging *paging, int64_t next, bool is_opaque,
                               struct error *error)
{
    bool overlaps = paging->offset < paging->frontier;
    if (overlaps && !is_opaque && !paging->is_first_known && paging->offset > 0) {
        step_back(paging);
        return PAGING_DISCARD;
    }
    if (overlaps && !is_opaque)
        count_removed(paging);
    paging->back = 0;
    if (next < 0)
        return PAGING_LAST;
    if (next <= paging->offset) {
        error_set(error, ERR_INCOMPLETE,
                  "the list goes back: the next page is not behind this one");
        return PAGING_BAD;
    }
    /* A page of one has no room for a repetition. */
    int64_t repeated = next - paging->offset > 1 ? 1 : 0;
    paging->frontier = next;
    paging->offset = next - repeated;
    return PAGING_MORE;
}

bool paging_agrees(const struct paging *paging, uint64_t seen, uint64_t deleted, int64_t before,
                   int64_t after, struct error *error)
{
    int64_t least = before < after ? before : after;
    int64_t most = before < after ? after : before;
    if (before < 0 || after < 0 ||
        (seen + deleted >= (uint64_t)least && seen <= (uint64_t)most + paging->removed))
        return true;
    if (least == most)
        return error_set(error, ERR_INCOMPLETE,
                         "the pages held %" PRIu64 " workloads, the control plane counts %" PRId64,
                         seen, least);
    return error_set(error, ERR_INCOMPLETE,
                     "the pages held %" PRIu64 " workloads, the control plane counts %" PRId64
                     " to %" PRId64,
                     seen, least, most);
}
