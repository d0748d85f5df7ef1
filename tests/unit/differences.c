/* What two sides differ in, and what is left of it after a second reading. */
#include "../../src/collect/differences.h"

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"

#define ROWS_MAX 5

/* "project/name#id phase gpus": the phase by its first letter ('?': null), GPUs a digit or '?'. */
struct row {
    char project[8], name[8], id[8];
    struct workload workload;
};

static struct str field(const char *text)
{
    return str_of(strcmp(text, "-") == 0 ? NULL : text);
}

static void parse(const char *text, struct row *row)
{
    static const struct {
        char letter;
        enum workload_phase phase;
    } phases[] = {{'r', PHASE_RUNNING}, {'p', PHASE_PENDING}, {'f', PHASE_FAILED}};
    char phase = 0, gpus = 0;
    CU_ASSERT_EQUAL_FATAL(
        sscanf(text, "%7[^/]/%7[^#]#%7[^ ] %c %c", row->project, row->name, row->id, &phase, &gpus),
        5);
    workload_init(&row->workload);
    row->workload.project = field(row->project);
    row->workload.name = field(row->name);
    row->workload.id = field(row->id);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        if (phases[i].letter == phase)
            row->workload.phase = phases[i].phase;
    if (gpus != '?')
        row->workload.gpus_allocated = (gpus - '0') * AMOUNT_ONE;
}

static struct spool_set *make_set(struct spool *spool, const char *const texts[])
{
    struct error error = {0};
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    for (size_t i = 0; texts[i] != NULL; i++) {
        struct row row;
        parse(texts[i], &row);
        CU_ASSERT(spool_stage_add(stage, &row.workload, &error));
    }
    CU_ASSERT(spool_stage_commit(stage, set, &error));
    spool_stage_free(stage);
    return set;
}

/* The control plane's view of what differs is of the right workload: ids "6" and up have 6 GPUs and
 * up. */
static void check_view(const struct workload_view *view)
{
    if (view->id.data != NULL && view->id.data[0] >= '6')
        CU_ASSERT_EQUAL(view->gpus_allocated, (view->id.data[0] - '0') * AMOUNT_ONE);
    CU_ASSERT(view->phase != PHASE_NULL);
}

static void put_list(char *out, size_t size, char mark, const struct difference_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct difference *item = &list->items[i];
        struct str id = mark == '<' ? item->control_plane.id : item->cluster.id;
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%c%.*s%.*s ", mark, (int)item->name.len,
                 item->name.data == NULL ? "" : item->name.data, (int)id.len,
                 id.data == NULL ? "" : id.data);
        if (mark == '!')
            check_view(&item->control_plane);
    }
}

/* "matched N", then what only the control plane has ('<'), only the cluster ('>'), and both. */
static void check_result(const struct reconciled_cluster *result, const char *expected)
{
    char text[256];
    snprintf(text, sizeof text, "%d ", (int)result->matched);
    put_list(text, sizeof text, '<', &result->only_control_plane);
    put_list(text, sizeof text, '>', &result->only_cluster);
    put_list(text, sizeof text, '!', &result->differing);
    text[strlen(text) - 1] = '\0';
    CHECK_STR(text, expected);
}

struct reading {
    const char *own[ROWS_MAX], *control[ROWS_MAX];
    const char *result;
};

static void check_readings(const struct reading *first, const struct reading *second)
{
    struct error error = {0};
    struct spool *spool = spool_new("/tmp", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(spool);
    struct report *report = report_new();
    struct collector collector = {.report = report};
    const struct cluster cluster = {.collector = &collector};
    struct reconciled_cluster result = {0};
    const struct reading *readings[] = {first, second};
    for (int i = 0; i < 2 && readings[i] != NULL; i++) {
        struct join_request request = {.spool = spool};
        request.own = make_set(spool, readings[i]->own);
        request.control = make_set(spool, readings[i]->control);
        CU_ASSERT(i == 0 ? differences_find(&cluster, &request, &result, &error)
                         : differences_confirm(&request, &result, &error));
        check_result(&result, readings[i]->result);
        spool_set_free(request.own);
        spool_set_free(request.control);
    }
    report_free(report);
    spool_free(spool);
}

static void test_found(void)
{
    static const struct reading rows[] = {
        {{"a/x#1 r 1", "a/y#2 r 1"}, {"a/x#1 r 1", "a/z#3 r 1"}, "1 <z3 >y2"},
        {{"a/x#1 r 1"}, {"a/x#1 p 1"}, "1 !x1"},
        {{"a/x#1 r 1"}, {"a/x#1 r 2"}, "1 !x1"},
        /* what one side does not say */
        {{"a/x#1 ? 1"}, {"a/x#1 p 1"}, "1"},
        {{"a/x#1 r 1"}, {"a/x#1 ? 1"}, "1"},
        {{"a/x#1 ? 1"}, {"a/x#1 p 2"}, "1 !x1"},
        {{"a/x#1 r ?"}, {"a/x#1 r 1"}, "1"},
        {{"a/x#1 r 1"}, {"a/x#1 r ?"}, "1"},
        {{"a/x#1 r ?"}, {"a/x#1 p 1"}, "1 !x1"},
        /* partners in another order */
        {{"a/x#7 r 1", "a/y#6 r 1"}, {"a/m#6 p 6", "a/n#7 p 7"}, "2 !x7 !y6"},
        /* ids before names */
        {{"a/x#1 r 1", "a/x#2 p 1"}, {"a/x#2 p 1"}, "1 >x1"},
        {{NULL}, {NULL}, "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_readings(&rows[i], NULL);
}

static void test_confirmed(void)
{
    static const struct reading pairs[][2] = {
        /* what lasts */
        {{{"a/x#1 r 1", "a/y#2 r 1"}, {"a/y#2 p 1", "a/z#3 r 1"}, "1 <z3 >x1 !y2"},
         {{"a/x#1 r 1", "a/y#2 r 1"}, {"a/y#2 p 1", "a/z#3 r 1"}, "1 <z3 >x1 !y2"}},
        /* what does not: it is known to both then, or gone, or alike */
        {{{"a/x#1 r 1", "a/y#2 r 1"}, {"a/y#2 p 1", "a/z#3 r 1"}, "1 <z3 >x1 !y2"},
         {{"a/x#1 r 1", "a/y#2 r 1"}, {"a/x#1 r 1", "a/y#2 r 1"}, "2"}},
        {{{"a/x#1 r 1"}, {"a/z#3 r 1"}, "0 <z3 >x1"}, {{NULL}, {NULL}, "0"}},
        {{{NULL}, {"a/z#3 r 1"}, "0 <z3"}, {{"a/z#3 f 1"}, {"a/z#3 r 1"}, "1"}},
        /* another respect, and the same one with other values */
        {{{"a/y#2 r 1"}, {"a/y#2 p 1"}, "1 !y2"}, {{"a/y#2 r 1"}, {"a/y#2 r 2"}, "1"}},
        {{{"a/y#2 r 1"}, {"a/y#2 p 1"}, "1 !y2"}, {{"a/y#2 f 1"}, {"a/y#2 r 1"}, "1 !y2"}},
        {{{"a/y#2 r 1"}, {"a/y#2 p 2"}, "1 !y2"}, {{"a/y#2 r 1"}, {"a/y#2 r 3"}, "1 !y2"}},
        /* another list */
        {{{"a/x#1 r 1"}, {NULL}, "0 >x1"}, {{NULL}, {"a/x#1 r 1"}, "0"}},
        {{{"a/x#1 r 1"}, {NULL}, "0 >x1"}, {{"a/x#1 r 1"}, {"a/x#1 p 1"}, "1"}},
        /* new differences were not there the first time */
        {{{"a/x#1 r 1"}, {"a/x#1 r 1"}, "1"}, {{"a/x#1 r 1"}, {"a/w#9 p 1"}, "1"}},
        {{{"a/m#5 r 1"}, {NULL}, "0 >m5"},
         {{"a/b#7 r 1", "a/m#5 r 1", "a/z#8 r 1"}, {"a/a#3 r 1"}, "0 >m5"}},
        /* two that were one all along are matched once */
        {{{"a/x#1 r 1"}, {"a/y#3 r 1"}, "0 <y3 >x1"}, {{"a/x#1 r 1"}, {"a/x#- r 1"}, "1"}},
        {{{"a/x#1 r 1"}, {"b/x#3 r 1"}, "0 <x3 >x1"},
         {{"a/x#1 r 1", "b/x#4 r 1"}, {"b/x#3 r 1", "a/x#5 r 1"}, "2"}},
        /* without ids, and several of one name */
        {{{"a/x#- r 1", "a/x#- r 2", "-/x#- r 3"}, {"a/x#- r 1"}, "1 >x >x"},
         {{"a/x#- r 1", "a/x#- r 2", "-/x#- r 3"}, {"a/x#- r 1"}, "1 >x >x"}},
        {{{"a/x#- r 1", "a/x#- r 2"}, {NULL}, "0 >x >x"}, {{"a/x#- r 1"}, {NULL}, "0 >x"}},
        {{{"a/x#- r 1", "a/x#- r 2", "a/y#- r 1"}, {"a/x#- r 1"}, "1 >x >y"},
         {{"a/x#- r 1", "a/x#- r 2"}, {"a/x#- r 1"}, "1 >x"}},
        {{{"a/x#- r 1", "a/x#- r 2"}, {NULL}, "0 >x >x"},
         {{"a/x#- r 1", "a/x#- r 2"}, {"a/x#- r 1"}, "1 >x"}},
        {{{"a/x#- r 1", "a/x#- r 2"}, {NULL}, "0 >x >x"},
         {{"a/x#- r 1", "a/x#- r 2"}, {"a/x#- r 1", "a/x#- r 2"}, "2"}},
        {{{"a/x#- r 1", "a/x#- r 2"}, {"a/x#- r 1", "a/x#- r 4"}, "2 !x !x"},
         {{"a/x#- r 1", "a/x#- r 2"}, {"a/x#- r 1", "a/x#- r 4"}, "2 !x !x"}},
        {{{NULL}, {"a/x#- r 1", "a/x#- r 4", "a/y#- r 1"}, "0 <x <x <y"},
         {{"a/x#- r 1"}, {"a/x#- r 1", "a/x#- r 4", "a/z#- r 1"}, "1 <x"}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        check_readings(&pairs[i][0], &pairs[i][1]);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"what differs", test_found}, {"what differs twice", test_confirmed}, CU_TEST_INFO_NULL};
    return check_run("unit/differences", tests);
}
