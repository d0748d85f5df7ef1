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

/* One page: the server's next offset is the page's end, or -1 behind the last. */
static enum paging_verdict read_page(struct server *server, struct paging *paging,
                                     struct error *error)
{
    int begin = (int)paging->offset, end = begin + server->page;
    CU_ASSERT_FATAL(begin >= 0);
    if (end > server->count)
        end = server->count;
    server->requests++;
    paging_begin(paging);
    for (int i = begin; i < end; i++)
        paging_note(paging, !server->seen[server->items[i]]);
    enum paging_verdict verdict = paging_end(paging, end < server->count ? end : -1, false, error);
    for (int i = begin; i < end && verdict != PAGING_DISCARD; i++)
        server->seen[server->items[i]] = true;
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
        while (read_page(&server, &paging, &error) != PAGING_LAST && server.requests < 300)
            ;
        CU_ASSERT_EQUAL(error.class, ERR_NONE);
        CU_ASSERT(server.requests <= 100);
        for (int n = 0; n < 100; n++)
            CU_ASSERT(server.seen[n]);
        CU_ASSERT_EQUAL(paging.removed, 0);
    }
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
    CU_ASSERT_EQUAL(paging_end(&paging, 5, false, &error), PAGING_BAD);
    CU_ASSERT_EQUAL(error.class, ERR_INCOMPLETE);
    CU_ASSERT_EQUAL(paging_end(&paging, 0, false, &error), PAGING_BAD);
    CU_ASSERT_EQUAL(paging_end(&paging, -1, false, &error), PAGING_LAST);
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
            paging_note(&paging, n >= cases[i].records - cases[i].unknown);
        CU_ASSERT_EQUAL(paging_end(&paging, next, false, &error), PAGING_MORE);
        CU_ASSERT_EQUAL(paging.removed, cases[i].removed);
        CU_ASSERT_EQUAL(paging.frontier, next);
        CU_ASSERT_EQUAL(paging.offset, next - 1);
    }
}

/* A page of new records does not join what was read; whether its first record is known is told. */
static void offer_page(struct paging *paging, bool is_joining, int64_t next,
                       enum paging_verdict expected, int64_t offset)
{
    struct error error = {0};
    paging_begin(paging);
    paging_note(paging, !is_joining);
    paging_note(paging, true);
    CU_ASSERT_EQUAL(paging_end(paging, next, false, &error), expected);
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

static void test_counts(void)
{
    static const struct {
        uint64_t seen, deleted, removed;
        int64_t before, after;
        bool agrees;
    } cases[] = {
        {10, 0, 0, 10, 10, true}, {9, 0, 0, 10, 10, false},  {11, 0, 0, 10, 10, false},
        {9, 1, 0, 10, 10, true},  {11, 0, 1, 10, 10, true},  {10, 0, 0, 10, 14, true},
        {14, 0, 0, 10, 14, true}, {15, 0, 0, 10, 14, false}, {9, 0, 0, 10, 14, false},
        {12, 0, 0, 14, 10, true}, {0, 0, 0, 0, 0, true},     {5, 0, 0, -1, 10, true},
        {5, 0, 0, 10, -1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct paging paging = {.removed = cases[i].removed};
        struct error error = {0};
        CU_ASSERT_EQUAL(paging_agrees(&paging, cases[i].seen, cases[i].deleted, cases[i].before,
                                      cases[i].after, &error),
                        cases[i].agrees);
        CU_ASSERT_EQUAL(error.class == ERR_NONE, cases[i].agrees);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"a list that holds still", test_still},
                                 {"a list that changes", test_churn},
                                 {"a list that goes back", test_back},
                                 {"what was removed", test_removed},
                                 {"steps back", test_steps},
                                 {"counts", test_counts},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/paging", tests);
}
