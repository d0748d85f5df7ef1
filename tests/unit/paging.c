/* Reading a list by offset while it changes: nothing that was there all the time is missed. */
#include "../../src/collect/paging.h"

#include <stdio.h>

#include "../check.h"

#define LIST_MAX 400

/* A list of numbers on a server that gives at most `page` of them, and what a reader has seen. */
struct server {
    int items[LIST_MAX];
    int count;
    int page;
    int step; /* how far `next` goes on; 0: behind the page */
    bool has_no_ids;
    int deleted; /* each so many-th is one that was deleted; 0: none */
    bool seen[LIST_MAX];
    int requests;
};

static void fill(struct server *server, int count, int page)
{
    *server = (struct server){.count = count, .page = page};
    for (int i = 0; i < count; i++)
        server->items[i] = i;
}

static void remove_first(struct server *server, int count)
{
    for (int i = count; i < server->count; i++)
        server->items[i - count] = server->items[i];
    server->count -= count;
}

static void add(struct server *server, int first, int count)
{
    for (int i = 0; i < count; i++)
        server->items[server->count++] = first + i;
}

static void note(struct server *server, struct paging *paging, int item)
{
    bool is_new = server->has_no_ids || !server->seen[item];
    paging_note(paging, !server->has_no_ids, is_new);
    if (is_new)
        paging_count(paging, server->deleted > 0 && item % server->deleted == 0);
}

/* One page: the server's next offset is the page's end, or -1 behind the last. */
static enum paging_verdict read_page(struct server *server, struct paging *paging,
                                     struct error *error)
{
    int begin = (int)paging->offset, end = begin + server->page;
    CU_ASSERT_FATAL(begin >= 0);
    int next = server->step == 0 ? end : begin + server->step;
    if (end > server->count)
        end = server->count;
    server->requests++;
    paging_begin(paging);
    for (int i = begin; i < end; i++)
        note(server, paging, server->items[i]);
    enum paging_verdict verdict = paging_end(paging, next < server->count ? next : -1, error);
    for (int i = begin; i < end && verdict != PAGING_DISCARD; i++)
        server->seen[server->items[i]] = true;
    return verdict;
}

/* Reads until the list ends in whatever way, but not for ever. */
static enum paging_verdict read_all(struct server *server, struct paging *paging,
                                    struct error *error)
{
    enum paging_verdict verdict = PAGING_MORE;
    while ((verdict == PAGING_MORE || verdict == PAGING_DISCARD) && server->requests < 20000)
        verdict = read_page(server, paging, error);
    return verdict;
}

static void test_still(void)
{
    static const int pages[] = {1, 2, 3, 7, 10, 100, 200};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct server server;
        struct paging paging = {0};
        struct error error = {0};
        fill(&server, 100, pages[i]);
        CU_ASSERT_EQUAL(read_all(&server, &paging, &error), PAGING_LAST);
        CU_ASSERT_EQUAL(error.class, ERR_NONE);
        CU_ASSERT(server.requests <= 100);
        for (int n = 0; n < 100; n++)
            CU_ASSERT(server.seen[n]);
        CU_ASSERT_EQUAL(paging.removed, 0);
        CU_ASSERT_EQUAL(paging.seen, 100);
        CU_ASSERT_EQUAL(paging.is_blind, pages[i] == 1);
    }
}

/* Records that cannot be met again: each page is asked once, where the one before ended, and the
 * list is what its pages hold. */
static void test_no_ids(void)
{
    static const int pages[] = {1, 2, 7, 100, 200};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct server server;
        struct paging paging = {0};
        struct error error = {0};
        fill(&server, 100, pages[i]);
        server.has_no_ids = true;
        CU_ASSERT_EQUAL(read_all(&server, &paging, &error), PAGING_LAST);
        CU_ASSERT_EQUAL(server.requests, (100 + pages[i] - 1) / pages[i]);
        CU_ASSERT_EQUAL(paging.seen, 100);
        CU_ASSERT_EQUAL(paging.removed, 0);
        CU_ASSERT_EQUAL(paging.is_blind, pages[i] < 100);
        CU_ASSERT(paging_agrees(&paging, 100, 100, &error));
        CU_ASSERT_FALSE(paging_agrees(&paging, 99, 99, &error));
        CU_ASSERT_FALSE(paging_agrees(&paging, 101, 101, &error));
        CU_ASSERT_EQUAL(error.class, ERR_INCOMPLETE);
    }
}

/* What is in the midst of a page that has to join is without an id: it is no removal. */
static void test_some_ids(void)
{
    struct paging paging = {.offset = 6, .frontier = 10, .back = 3};
    struct error error = {0};
    paging_begin(&paging);
    paging_note(&paging, true, false);
    for (int i = 0; i < 5; i++)
        paging_note(&paging, false, true);
    CU_ASSERT_EQUAL(paging_end(&paging, -1, &error), PAGING_LAST);
    CU_ASSERT_EQUAL(paging.removed, 0);
    paging = (struct paging){.offset = 6, .frontier = 10, .back = 3};
    paging_begin(&paging);
    paging_note(&paging, true, false);
    for (int i = 0; i < 5; i++)
        paging_note(&paging, true, true);
    CU_ASSERT_EQUAL(paging_end(&paging, -1, &error), PAGING_LAST);
    CU_ASSERT_EQUAL(paging.removed, 3);
}

/* A deleted record at a page's end is repeated by the next page like any other, and counts once. */
static void test_deleted(void)
{
    for (int deleted = 1; deleted < 12; deleted++)
        for (int page = 2; page < 30; page++) {
            struct server server;
            struct paging paging = {0};
            struct error error = {0};
            fill(&server, 100, page);
            server.deleted = deleted;
            CU_ASSERT_EQUAL(read_all(&server, &paging, &error), PAGING_LAST);
            CU_ASSERT_EQUAL(paging.deleted, (uint64_t)((100 + deleted - 1) / deleted));
            CU_ASSERT_EQUAL(paging.seen + paging.deleted, 100);
            CU_ASSERT_EQUAL(paging.removed, 0);
            CU_ASSERT(server.requests <= 100);
        }
}

/* A page that is tried again counts once. */
static void test_again(void)
{
    struct paging paging = {0};
    struct error error = {0};
    for (int attempt = 0; attempt < 3; attempt++) {
        paging_begin(&paging);
        paging_note(&paging, true, true);
        paging_count(&paging, false);
        paging_note(&paging, true, true);
        paging_count(&paging, true);
    }
    CU_ASSERT_EQUAL(paging_end(&paging, -1, &error), PAGING_LAST);
    CU_ASSERT_EQUAL(paging.seen, 1);
    CU_ASSERT_EQUAL(paging.deleted, 1);
}

/* Whatever a server does, its list takes no more requests than its records are worth. */
static void test_bound(void)
{
    for (int step = 1; step <= 20; step++)
        for (int mode = 0; mode < 4; mode++) {
            struct server server;
            struct paging paging = {0};
            struct error error = {0};
            fill(&server, LIST_MAX, 10);
            server.step = step;
            server.has_no_ids = mode == 1;
            enum paging_verdict verdict = PAGING_MORE;
            while ((verdict == PAGING_MORE || verdict == PAGING_DISCARD) &&
                   server.requests < 20000) {
                verdict = read_page(&server, &paging, &error);
                if (mode == 2) /* every answer has new ids, without end */
                    memset(server.seen, 0, sizeof server.seen);
                if (mode == 3 && server.requests % 3 == 0) /* it changes all the time */
                    for (int i = 0; i < server.count; i++)
                        server.items[i] = (server.items[i] + 7) % LIST_MAX;
            }
            CU_ASSERT((uint64_t)server.requests <= PAGING_SPARE + 2 * paging.brought + 1);
            CU_ASSERT_EQUAL(paging.requests, (uint64_t)server.requests);
            CU_ASSERT_EQUAL(error.class == ERR_INCOMPLETE, verdict == PAGING_BAD);
            CU_ASSERT(mode == 2 || server.requests < 20000);
        }
}

/* Nothing but pages that are empty and say that there is more. */
static void test_empty_pages(void)
{
    struct paging paging = {0};
    struct error error = {0};
    enum paging_verdict verdict = PAGING_MORE;
    for (int64_t next = 1; verdict == PAGING_MORE; next++) {
        paging_begin(&paging);
        verdict = paging_end(&paging, next, &error);
    }
    CU_ASSERT_EQUAL(verdict, PAGING_BAD);
    CU_ASSERT_EQUAL(error.class, ERR_INCOMPLETE);
    CU_ASSERT_EQUAL(paging.requests, PAGING_SPARE + 1);
}

/* After each page some of the first are removed and as many are added: the count never shows it. */
static void test_churn(void)
{
    for (int page = 2; page <= 40; page += 3)
        for (int churn = 1; churn <= 30; churn++) {
            struct server server;
            struct paging paging = {0};
            struct error error = {0};
            fill(&server, 200, page);
            enum paging_verdict verdict = PAGING_MORE;
            for (int times = 0; verdict != PAGING_LAST && server.requests < 1000; times++) {
                verdict = read_page(&server, &paging, &error);
                if (times < 3) {
                    remove_first(&server, churn);
                    add(&server, 200 + times * churn, churn);
                }
            }
            CU_ASSERT_EQUAL(verdict, PAGING_LAST);
            /* What was there from the beginning to the end. */
            for (int n = 3 * churn; n < 200; n++)
                if (!server.seen[n])
                    fprintf(stderr, "    page %d, churn %d: missed %d\n", page, churn, n);
            for (int n = 3 * churn; n < 200; n++)
                CU_ASSERT(server.seen[n]);
        }
}

static void test_back(void)
{
    struct paging paging = {.offset = 5, .frontier = 5};
    struct error error = {0};
    paging_begin(&paging);
    CU_ASSERT_EQUAL(paging_end(&paging, 5, &error), PAGING_BAD);
    CU_ASSERT_EQUAL(error.class, ERR_INCOMPLETE);
    CU_ASSERT_EQUAL(paging_end(&paging, 0, &error), PAGING_BAD);
    CU_ASSERT_EQUAL(paging_end(&paging, -1, &error), PAGING_LAST);
}

/* Of a page that repeats what was read, what is not known again was removed meanwhile. One that is
 * too short to repeat all of it tells nothing of the rest. */
static void test_removed(void)
{
    static const struct {
        int64_t offset, frontier;
        int records, unknown;
        uint64_t removed;
    } cases[] = {
        {9, 10, 5, 4, 0},    {10, 10, 5, 5, 0}, {4, 10, 8, 2, 0},
        {4, 10, 8, 4, 2},    {0, 10, 10, 0, 0}, {10, 100, 30, 0, 0},
        {10, 100, 30, 5, 5}, {0, 1, 0, 0, 0},   {90, 100, 30, 25, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct paging paging = {.offset = cases[i].offset, .frontier = cases[i].frontier};
        struct error error = {0};
        int64_t next = cases[i].offset + 1000;
        paging_begin(&paging);
        for (int n = 0; n < cases[i].records; n++)
            paging_note(&paging, true, n >= cases[i].records - cases[i].unknown);
        CU_ASSERT_EQUAL(paging_end(&paging, next, &error), PAGING_MORE);
        CU_ASSERT_EQUAL(paging.removed, cases[i].removed);
        CU_ASSERT_EQUAL(paging.frontier, next);
        CU_ASSERT_EQUAL(paging.offset, cases[i].records > 0 ? next - 1 : next);
    }
}

/* A page of new records does not join what was read; whether its first record is known is told. */
static void offer_page(struct paging *paging, bool is_joining, int64_t next,
                       enum paging_verdict expected, int64_t offset)
{
    struct error error = {0};
    paging_begin(paging);
    paging_note(paging, true, !is_joining);
    paging_note(paging, true, true);
    CU_ASSERT_EQUAL(paging_end(paging, next, &error), expected);
    CU_ASSERT_EQUAL(paging->offset, offset);
}

/* Twice as far each time, from the beginning again for the next page, and never below 0. */
static void test_steps(void)
{
    struct paging paging = {.offset = 99, .frontier = 100};
    offer_page(&paging, false, 199, PAGING_DISCARD, 98);
    offer_page(&paging, false, 198, PAGING_DISCARD, 97);
    offer_page(&paging, false, 197, PAGING_DISCARD, 95);
    offer_page(&paging, false, 195, PAGING_DISCARD, 91);
    offer_page(&paging, true, 191, PAGING_MORE, 190);
    offer_page(&paging, false, 290, PAGING_DISCARD, 189);
    offer_page(&paging, true, 289, PAGING_MORE, 288);
    paging = (struct paging){.offset = 1, .frontier = 2};
    offer_page(&paging, false, 101, PAGING_DISCARD, 0);
    offer_page(&paging, false, 100, PAGING_MORE, 99);
    paging = (struct paging){.offset = 2, .frontier = 3, .back = 8};
    offer_page(&paging, false, 102, PAGING_DISCARD, 0);
}

/* Where pages did not overlap once, something may have been missed, however well the others join.
 */
static void test_blind(void)
{
    struct paging paging = {0};
    struct error error = {0};
    paging_begin(&paging);
    paging_note(&paging, true, true);
    paging_note(&paging, false, true);
    CU_ASSERT_EQUAL(paging_end(&paging, 100, &error), PAGING_MORE);
    CU_ASSERT_EQUAL(paging.offset, 100);
    CU_ASSERT(paging.is_blind);
    offer_page(&paging, false, 200, PAGING_MORE, 199);
    offer_page(&paging, true, -1, PAGING_LAST, 199);
    CU_ASSERT(paging.is_blind);
    CU_ASSERT_EQUAL(paging.removed, 0);
}

static void test_counts(void)
{
    static const struct {
        uint64_t seen, deleted, removed;
        int64_t before, after;
        bool is_blind, agrees;
    } cases[] = {
        {10, 0, 0, 10, 10, false, true},  {9, 0, 0, 10, 10, false, false},
        {11, 0, 0, 10, 10, false, false}, {9, 1, 0, 10, 10, false, true},
        {11, 0, 1, 10, 10, false, true},  {10, 0, 0, 10, 14, false, true},
        {14, 0, 0, 10, 14, false, true},  {15, 0, 0, 10, 14, false, false},
        {9, 0, 0, 10, 14, false, false},  {12, 0, 0, 14, 10, false, true},
        {0, 0, 0, 0, 0, false, true},     {5, 0, 0, -1, 10, false, true},
        {5, 0, 0, 10, -1, false, true},   {10, 0, 0, 10, 10, true, true},
        {11, 0, 0, 10, 10, true, false},  {10, 0, 0, 10, 11, true, false},
        {11, 0, 0, 12, 10, true, false},  {5, 0, 0, -1, 10, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct paging paging = {.seen = cases[i].seen,
                                      .deleted = cases[i].deleted,
                                      .removed = cases[i].removed,
                                      .is_blind = cases[i].is_blind};
        struct error error = {0};
        CU_ASSERT_EQUAL(paging_agrees(&paging, cases[i].before, cases[i].after, &error),
                        cases[i].agrees);
        CU_ASSERT_EQUAL(error.class == ERR_NONE, cases[i].agrees);
    }
}

/* Numbers of one are said as such. */
static void test_words(void)
{
    struct paging paging = {.seen = 1};
    struct error error = {0};
    CU_ASSERT_FALSE(paging_agrees(&paging, 3, 3, &error));
    CHECK_STR(error.text, "the pages held 1 workload, the control plane counts 3");
    CU_ASSERT_FALSE(paging_agrees(&paging, 3, 4, &error));
    CHECK_STR(error.text, "the pages held 1 workload, the control plane counts 3 to 4");
    paging.seen = 2;
    CU_ASSERT_FALSE(paging_agrees(&paging, 3, 3, &error));
    CHECK_STR(error.text, "the pages held 2 workloads, the control plane counts 3");
}

int main(void)
{
    const CU_TestInfo tests[] = {{"a list that holds still", test_still},
                                 {"a list that changes", test_churn},
                                 {"records without ids", test_no_ids},
                                 {"some records without ids", test_some_ids},
                                 {"deleted records", test_deleted},
                                 {"its words", test_words},
                                 {"a page that is tried again", test_again},
                                 {"a bound for hostile lists", test_bound},
                                 {"pages without end that are empty", test_empty_pages},
                                 {"a list that goes back", test_back},
                                 {"what was removed", test_removed},
                                 {"steps back", test_steps},
                                 {"pages that do not overlap", test_blind},
                                 {"counts", test_counts},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/paging", tests);
}
