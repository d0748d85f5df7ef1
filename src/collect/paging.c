#include "paging.h"

#include <inttypes.h>

void paging_begin(struct paging *paging)
{
    paging->records = paging->known = paging->unnamed = 0;
    paging->page_brought = paging->page_seen = paging->page_deleted = 0;
    paging->is_first_known = paging->is_last_named = false;
}

void paging_note(struct paging *paging, bool has_id, bool is_new)
{
    if (paging->records++ == 0)
        paging->is_first_known = has_id && !is_new;
    paging->known += !is_new;
    paging->unnamed += !has_id;
    paging->page_brought += is_new;
    paging->is_last_named = has_id;
}

void paging_count(struct paging *paging, bool is_deleted)
{
    if (is_deleted)
        paging->page_deleted++;
    else
        paging->page_seen++;
}

/* The page does not join what was read: asks again from further back, twice as far each time. */
static void step_back(struct paging *paging)
{
    paging->back = paging->back == 0 ? 1 : 2 * paging->back;
    paging->offset = paging->frontier - 1 - paging->back;
    if (paging->offset < 0)
        paging->offset = 0;
}

/* What the page should have repeated and did not was removed. Records without an id may be
 * repetitions, for all that is known. */
static void count_removed(struct paging *paging)
{
    uint64_t overlap = (uint64_t)(paging->frontier - paging->offset);
    if (overlap > paging->records)
        overlap = paging->records;
    if (paging->unnamed == 0 && overlap > paging->known)
        paging->removed += overlap - paging->known;
}

static void keep(struct paging *paging)
{
    paging->brought += paging->page_brought;
    paging->seen += paging->page_seen;
    paging->deleted += paging->page_deleted;
    paging->back = 0;
}

/* The page to ask behind the one at hand. */
static void go_on(struct paging *paging, int64_t next)
{
    /* A page of one has no room for a repetition. */
    bool repeats = paging->is_last_named && next - paging->offset > 1;
    paging->is_blind = paging->is_blind || !repeats;
    paging->frontier = next;
    paging->offset = repeats ? next - 1 : next;
}

enum paging_verdict paging_end(struct paging *paging, int64_t next, struct error *error)
{
    bool overlaps = paging->offset < paging->frontier;
    bool is_joined = !overlaps || paging->is_first_known || paging->offset == 0;
    bool is_spent =
        ++paging->requests > PAGING_SPARE + 2 * (paging->brought + paging->page_brought);
    if (!is_joined && !is_spent) {
        step_back(paging);
        return PAGING_DISCARD;
    }
    if (overlaps && is_joined)
        count_removed(paging);
    keep(paging);
    if (next < 0 && is_joined)
        return PAGING_LAST;
    if (is_spent)
        error_set(error, ERR_INCOMPLETE,
                  "the list takes too many requests for what it holds and was not read to its end");
    else if (next <= paging->offset)
        error_set(error, ERR_INCOMPLETE,
                  "the list goes back: the next page is not behind this one");
    else {
        go_on(paging, next);
        return PAGING_MORE;
    }
    return PAGING_BAD;
}

bool paging_agrees(const struct paging *paging, int64_t before, int64_t after, struct error *error)
{
    int64_t least = before < after ? before : after;
    int64_t most = before < after ? after : before;
    uint64_t seen = paging->seen;
    const char *plural = seen == 1 ? "" : "s";
    if (before < 0 || after < 0)
        return true;
    if (seen + paging->deleted >= (uint64_t)least && seen <= (uint64_t)most + paging->removed) {
        if (least == most || !paging->is_blind)
            return true;
        return error_set(error, ERR_INCOMPLETE,
                         "the list changed while it was read, and its pages do not show whether "
                         "anything was missed");
    }
    if (least == most)
        return error_set(error, ERR_INCOMPLETE,
                         "the pages held %" PRIu64 " workload%s, the control plane counts %" PRId64,
                         seen, plural, least);
    return error_set(error, ERR_INCOMPLETE,
                     "the pages held %" PRIu64 " workload%s, the control plane counts %" PRId64
                     " to %" PRId64,
                     seen, plural, least, most);
}
