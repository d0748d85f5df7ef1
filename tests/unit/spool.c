#include "rollcall/spool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "spool_fd.h"

#define TEXT(literal) ((struct str){(literal), sizeof(literal) - 1})

static struct spool *new_spool(void)
{
    struct error error = {0};
    struct spool *spool = spool_new("/tmp", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(spool);
    return spool;
}

/* The same numbers in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void shuffle(size_t *order, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = next_random(&seed) % i, moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}

/* What was read: a digest of every field in order, and whether the order was right. */
struct reading {
    uint64_t digest;
    size_t count;
    size_t stop_after;
    bool is_ordered;
    char last[3][64];
    bool had[3];
};

static void digest_bytes(struct reading *reading, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        reading->digest = (reading->digest ^ bytes[i]) * 1099511628211ULL;
}

static void digest_str(struct reading *reading, struct str text)
{
    digest_bytes(reading, text.data == NULL ? "-" : "+", 1);
    digest_bytes(reading, &text.len, sizeof text.len);
    if (text.data != NULL)
        digest_bytes(reading, text.data, text.len);
}

static void digest_list(struct reading *reading, const struct str_list *list)
{
    digest_bytes(reading, &list->is_present, sizeof list->is_present);
    digest_bytes(reading, &list->count, sizeof list->count);
    for (size_t i = 0; i < list->count; i++)
        digest_str(reading, list->items[i]);
}

/* Compares the first bytes of the three deciding texts with those of the record before. */
static void check_order(struct reading *reading, const struct workload *workload)
{
    const struct str now[3] = {workload->project, workload->name, workload->id};
    int order = 0;
    for (int i = 0; i < 3; i++) {
        struct str before = str_of(reading->had[i] ? reading->last[i] : NULL);
        struct str text = now[i];
        if (text.len > sizeof reading->last[i] - 1)
            text.len = sizeof reading->last[i] - 1;
        if (order == 0 && reading->count > 0)
            order = str_compare(before, text);
        reading->had[i] = text.data != NULL;
        snprintf(reading->last[i], sizeof reading->last[i], "%.*s", (int)text.len,
                 text.data == NULL ? "" : text.data);
    }
    if (order > 0)
        reading->is_ordered = false;
}

static bool read_one(void *arg, const struct workload *workload)
{
    struct reading *reading = arg;
    check_order(reading, workload);
    digest_str(reading, workload->id);
    digest_str(reading, workload->name);
    digest_str(reading, workload->project);
    digest_str(reading, workload->department);
    digest_str(reading, workload->user);
    digest_str(reading, workload->raw_type);
    digest_str(reading, workload->raw_category);
    digest_str(reading, workload->raw_phase);
    digest_bytes(reading, &workload->type, sizeof workload->type);
    digest_bytes(reading, &workload->phase, sizeof workload->phase);
    digest_bytes(reading, &workload->preemptible, sizeof workload->preemptible);
    digest_bytes(reading, &workload->gpus_allocated, sizeof workload->gpus_allocated);
    digest_bytes(reading, &workload->gpus_requested, sizeof workload->gpus_requested);
    digest_bytes(reading, &workload->gpus_idle, sizeof workload->gpus_idle);
    digest_bytes(reading, &workload->created_at, sizeof workload->created_at);
    digest_bytes(reading, &workload->pending_s, sizeof workload->pending_s);
    digest_bytes(reading, &workload->running_s, sizeof workload->running_s);
    digest_list(reading, &workload->images);
    digest_list(reading, &workload->nodes);
    digest_list(reading, &workload->node_pools);
    digest_str(reading, workload->project_asked);
    reading->count++;
    return reading->stop_after == 0 || reading->count < reading->stop_after;
}

static struct reading read_set(struct spool_set *set)
{
    struct error error = {0};
    struct reading reading = {.is_ordered = true};
    CU_ASSERT(spool_set_each(set, read_one, &reading, &error));
    CU_ASSERT_EQUAL(error.class, ERR_NONE);
    CU_ASSERT_EQUAL(reading.count, spool_set_count(set));
    CU_ASSERT(reading.is_ordered);
    return reading;
}

static bool readings_equal(const struct reading *a, const struct reading *b)
{
    return a->digest == b->digest && a->count == b->count;
}

/* Record number `i` of a made-up cluster: few names, so that many are equal in some of them. */
static void make_record(size_t i, char text[3][32], struct workload *workload)
{
    uint32_t state = (uint32_t)i * 2654435761u;
    workload_init(workload);
    snprintf(text[0], 32, "team-%u", next_random(&state) % 40);
    snprintf(text[1], 32, "job-%u", next_random(&state) % 500);
    snprintf(text[2], 32, "id-%zu", i);
    workload->project = str_of(text[0]);
    workload->name = str_of(text[1]);
    workload->id = i % 3 == 0 ? str_of(NULL) : str_of(text[2]);
    workload->gpus_allocated = next_random(&state) % 8 * 500000;
    workload->phase = (enum workload_phase)(next_random(&state) % PHASE_COUNT);
    workload->created_at = 1700000000 + (int64_t)i % 50;
    workload->running_s = i % 5 == 0 ? SECONDS_NULL : (int64_t)i;
    if (i % 7 == 0) {
        workload->project_asked = workload->project;
        workload->project = (struct str){0};
    }
}

static void add(struct spool_stage *stage, const struct workload *workload)
{
    struct error error = {0};
    CU_ASSERT(spool_stage_add(stage, workload, &error));
}

static void commit(struct spool_stage *stage, struct spool_set *set)
{
    struct error error = {0};
    CU_ASSERT(spool_stage_commit(stage, set, &error));
}

/* Puts the made-up records into a set: shuffled, `per_commit` at a time. */
static struct spool_set *fill_set(struct spool *spool, size_t count, size_t per_commit,
                                  uint32_t seed)
{
    size_t *order = mem_new(count, sizeof *order);
    shuffle(order, count, seed);
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    for (size_t i = 0; i < count; i++) {
        char text[3][32];
        struct workload workload;
        make_record(order[i], text, &workload);
        add(stage, &workload);
        if ((i + 1) % per_commit == 0)
            commit(stage, set);
    }
    commit(stage, set);
    spool_stage_free(stage);
    free(order);
    CU_ASSERT_EQUAL(spool_set_count(set), count);
    return set;
}

static bool keep_first(void *arg, const struct workload *workload)
{
    static const struct str images[] = {{"a", 1}, {"", 0}, {"b\0c", 3}}, nodes[] = {{"n", 1}};
    bool *is_same = arg;
    *is_same =
        str_equals(workload->id, TEXT("0123")) && str_equals(workload->name, TEXT("a\0b")) &&
        str_equals(workload->project, TEXT("")) && workload->department.data == NULL &&
        str_equals(workload->user, TEXT("ann")) && str_equals(workload->raw_type, TEXT("Train")) &&
        str_equals(workload->raw_category, TEXT("")) &&
        str_equals(workload->raw_phase, TEXT("Running")) && workload->type == TYPE_TRAINING &&
        workload->phase == PHASE_UNKNOWN && workload->preemptible == TRI_TRUE &&
        workload->gpus_allocated == AMOUNT_MAX && workload->gpus_requested == AMOUNT_NULL &&
        workload->gpus_idle == 1 && workload->created_at == -1 && workload->pending_s == 90 &&
        workload->running_s == SECONDS_NULL && workload->images.is_present &&
        workload->images.count == 3 && workload->nodes.count == 1 &&
        str_equals(workload->nodes.items[0], nodes[0]) && workload->node_pools.is_present &&
        workload->node_pools.count == 0 && str_equals(workload->project_asked, TEXT("team-\0a"));
    for (size_t i = 0; *is_same && i < 3; i++)
        *is_same = str_equals(workload->images.items[i], images[i]);
    return true;
}

static void test_round_trip(void)
{
    static const struct str images[] = {{"a", 1}, {"", 0}, {"b\0c", 3}}, nodes[] = {{"n", 1}};
    struct spool *spool = new_spool();
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    struct error error = {0};
    struct workload workload = {
        .id = TEXT("0123"),
        .name = TEXT("a\0b"),
        .project = TEXT(""),
        .user = TEXT("ann"),
        .raw_type = TEXT("Train"),
        .raw_category = TEXT(""),
        .raw_phase = TEXT("Running"),
        .type = TYPE_TRAINING,
        .phase = PHASE_UNKNOWN,
        .preemptible = TRI_TRUE,
        .gpus_allocated = AMOUNT_MAX,
        .gpus_requested = AMOUNT_NULL,
        .gpus_idle = 1,
        .created_at = -1,
        .pending_s = 90,
        .running_s = SECONDS_NULL,
        .images = {images, 3, true},
        .nodes = {nodes, 1, true},
        .node_pools = {NULL, 0, true},
        .project_asked = TEXT("team-\0a"),
    };
    bool is_same = false;
    add(stage, &workload);
    commit(stage, set);
    CU_ASSERT(spool_set_each(set, keep_first, &is_same, &error));
    CU_ASSERT(is_same);
    spool_stage_free(stage);
    spool_set_free(set);
    spool_free(spool);
}

struct lengths {
    const char *text;
    size_t next;
};

/* Whether the record's texts have the next length each, and its lists as many items, or are absent.
 */
static bool check_lengths(void *arg, const struct workload *workload)
{
    struct lengths *lengths = arg;
    size_t len = lengths->next++;
    struct str text = {lengths->text, len};
    CU_ASSERT(str_equals(workload->user, text));
    CU_ASSERT(str_equals(workload->raw_phase, text));
    CU_ASSERT_PTR_NULL(workload->department.data);
    CU_ASSERT_FALSE(workload->nodes.is_present);
    CU_ASSERT(workload->images.is_present && workload->images.count == len);
    for (size_t i = 0; i < workload->images.count; i++)
        CU_ASSERT(str_equals(workload->images.items[i], TEXT("i")));
    return true;
}

/* Texts and lists of every length up to where the length itself takes a byte more. */
static void test_lengths(void)
{
    enum { LENGTHS = 300 };
    char text[LENGTHS], name[16];
    struct str images[LENGTHS];
    struct lengths lengths = {.text = text};
    struct error error = {0};
    struct spool *spool = new_spool();
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < LENGTHS; len++) {
        struct workload workload;
        workload_init(&workload);
        snprintf(name, sizeof name, "%06zu", len);
        images[len] = TEXT("i");
        workload.name = str_of(name);
        workload.user = workload.raw_phase = (struct str){text, len};
        workload.images = (struct str_list){images, len, true};
        add(stage, &workload);
    }
    commit(stage, set);
    CU_ASSERT(spool_set_each(set, check_lengths, &lengths, &error));
    CU_ASSERT_EQUAL(lengths.next, LENGTHS);
    spool_stage_free(stage);
    spool_set_free(set);
    spool_free(spool);
}

struct names {
    char text[256];
};

static bool join_names(void *arg, const struct workload *workload)
{
    struct names *names = arg;
    const struct str parts[] = {workload->project, workload->name, workload->id};
    char *end = names->text + strlen(names->text);
    char *limit = names->text + sizeof names->text;
    for (int i = 0; i < 3; i++) {
        const char *text = parts[i].data == NULL ? "~" : parts[i].data;
        end += snprintf(end, (size_t)(limit - end), "%s%s", i == 0 ? "" : "/", text);
    }
    snprintf(end, (size_t)(limit - end), ":%d ", (int)workload->phase);
    return true;
}

static void test_order(void)
{
    static const struct {
        const char *project, *name, *id;
        enum workload_phase phase;
    } rows[] = {
        {NULL, NULL, NULL, PHASE_NULL},       {NULL, "n", "1", PHASE_FAILED},
        {"", "n", "1", PHASE_FAILED},         {"p", NULL, "9", PHASE_FAILED},
        {"p", "", "9", PHASE_FAILED},         {"p", "n", NULL, PHASE_FAILED},
        {"p", "n", NULL, PHASE_RUNNING},      {"p", "n", "1", PHASE_PENDING},
        {"p", "n", "1", PHASE_PENDING},       {"p", "n", "1", PHASE_UNKNOWN},
        {"p", "n", "10", PHASE_FAILED},       {"p", "n", "2", PHASE_FAILED},
        {"p", "na", "0", PHASE_FAILED},       {"p1", "n", "1", PHASE_FAILED},
        {"\xc3\xa9", "n", "1", PHASE_FAILED},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static const char expected[] =
        "~/~/~:0 ~/n/1:1 /n/1:1 p/~/9:1 p//9:1 p/n/~:1 p/n/~:3 p/n/1:2 p/n/1:2 p/n/1:7 "
        "p/n/10:1 p/n/2:1 p/na/0:1 p1/n/1:1 \xc3\xa9/n/1:1 ";
    for (uint32_t seed = 0; seed < 50; seed++) {
        struct spool *spool = new_spool();
        struct spool_set *set = spool_set_new(spool);
        struct spool_stage *stage = spool_stage_new(spool);
        struct error error = {0};
        size_t order[ROWS];
        shuffle(order, ROWS, seed);
        for (size_t i = 0; i < ROWS; i++) {
            struct workload workload;
            workload_init(&workload);
            workload.project = str_of(rows[order[i]].project);
            workload.name = str_of(rows[order[i]].name);
            workload.id = str_of(rows[order[i]].id);
            workload.phase = rows[order[i]].phase;
            add(stage, &workload);
            if (i % (seed + 1) == 0)
                commit(stage, set);
        }
        commit(stage, set);
        struct names names = {""};
        CU_ASSERT(spool_set_each(set, join_names, &names, &error));
        CHECK_STR(names.text, expected);
        spool_stage_free(stage);
        spool_set_free(set);
        spool_free(spool);
    }
}

static bool join_asked(void *arg, const struct workload *workload)
{
    struct names *names = arg;
    struct str asked = workload->project_asked;
    size_t used = strlen(names->text);
    snprintf(names->text + used, sizeof names->text - used, "%d%.*s ",
             (int)workload->node_pools.count, asked.data == NULL ? 1 : (int)asked.len,
             asked.data == NULL ? "~" : asked.data);
    return true;
}

/* What a record was asked for decides only between records that are alike in all else. */
static void test_order_asked(void)
{
    static const struct str pools[] = {{"a", 1}, {"b", 1}};
    struct spool *spool = new_spool();
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    struct error error = {0};
    const char *const asked[] = {"b", "a", NULL};
    for (size_t i = 0; i < 6; i++) {
        struct workload workload;
        workload_init(&workload);
        workload.project_asked = str_of(asked[i % 3]);
        workload.node_pools = (struct str_list){pools, 2 - i / 3, true};
        add(stage, &workload);
    }
    commit(stage, set);
    struct names names = {""};
    CU_ASSERT(spool_set_each(set, join_asked, &names, &error));
    CHECK_STR(names.text, "1~ 1a 1b 2~ 2a 2b ");
    spool_stage_free(stage);
    spool_set_free(set);
    spool_free(spool);
}

static const struct str low_names[] = {
    {"", 0},           {"\0", 1},        {"\0\0", 2},      {"\0\1", 2},     {"\1", 1},
    {"\1\0", 2},       {"\1\1", 2},      {"\2", 1},        {"a", 1},        {"a\0", 2},
    {"a\0b", 3},       {"a\1", 2},       {"a\1\1\1", 4},   {"a\2", 2},      {"aa", 2},
    {"abcde\0gh", 8},  {"abcde\1gh", 8}, {"abcde\2gh", 8}, {"abcdefgh", 8}, {"abcdefgh\0", 9},
    {"abcdefgh\1", 9}, {"abcdefghi", 9}, {"b", 1}};
enum { LOW_NAMES = sizeof low_names / sizeof *low_names };

static bool check_low_name(void *arg, const struct workload *workload)
{
    size_t *count = arg;
    CU_ASSERT(*count < LOW_NAMES && str_equals(workload->name, low_names[*count]) &&
              str_equals(workload->id, low_names[LOW_NAMES - 1 - *count]));
    ++*count;
    return true;
}

/* The lowest bytes, which stand for something in the spool's own form of a record. */
static void test_low_bytes(void)
{
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct spool *spool = new_spool();
        struct spool_set *set = spool_set_new(spool);
        struct spool_stage *stage = spool_stage_new(spool);
        struct error error = {0};
        size_t order[LOW_NAMES], count = 0;
        shuffle(order, LOW_NAMES, seed);
        for (size_t i = 0; i < LOW_NAMES; i++) {
            struct workload workload;
            workload_init(&workload);
            workload.project = TEXT("p\0\1");
            workload.name = low_names[order[i]];
            workload.id = low_names[LOW_NAMES - 1 - order[i]];
            add(stage, &workload);
            if (i % (seed + 1) == 0)
                commit(stage, set);
        }
        commit(stage, set);
        CU_ASSERT(spool_set_each(set, check_low_name, &count, &error));
        CU_ASSERT_EQUAL(count, LOW_NAMES);
        spool_stage_free(stage);
        spool_set_free(set);
        spool_free(spool);
    }
}

/* 20,000 records are some 2 MB: several runs to a stage, and far more than one buffer. */
static void test_shuffled(void)
{
    struct spool *spool = new_spool();
    struct spool_set *sets[] = {
        fill_set(spool, 20000, 20000, 1), fill_set(spool, 20000, 20000, 2),
        fill_set(spool, 20000, 777, 3),
        fill_set(spool, 20000, 20, 4), /* 1,000 runs: several passes */
    };
    struct reading first = read_set(sets[0]);
    for (size_t i = 0; i < 4; i++) {
        struct reading reading = read_set(sets[i]), again = read_set(sets[i]);
        CU_ASSERT(readings_equal(&reading, &first));
        CU_ASSERT(readings_equal(&again, &first));
        spool_set_free(sets[i]);
    }
    struct spool_set *other = fill_set(spool, 19999, 777, 3);
    struct reading reading = read_set(other);
    CU_ASSERT_FALSE(readings_equal(&reading, &first));
    spool_set_free(other);
    spool_free(spool);
}

static void test_run_counts(void)
{
    static const size_t counts[] = {0, 1, 2, 127, 128, 129, 255, 256, 300};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct spool *spool = new_spool();
        struct spool_set *many = fill_set(spool, counts[i], 1, 5);
        struct spool_set *one = fill_set(spool, counts[i], counts[i] + 1, 6);
        struct reading from_many = read_set(many), from_one = read_set(one);
        CU_ASSERT(readings_equal(&from_many, &from_one));
        /* Merging leaves a set that can still be added to. */
        struct spool_stage *stage = spool_stage_new(spool);
        struct workload workload;
        workload_init(&workload);
        add(stage, &workload);
        commit(stage, many);
        CU_ASSERT_EQUAL(read_set(many).count, counts[i] + 1);
        spool_stage_free(stage);
        spool_set_free(many);
        spool_set_free(one);
        spool_free(spool);
    }
}

/* Records longer than a stage's buffer, between short ones; more of them than are merged at once.
 */
static void test_large_records(void)
{
    enum { LARGE = 12, LARGE_BYTES = 700 * 1024 };
    char *large = mem_new(LARGE_BYTES, 1);
    memset(large, 'x', LARGE_BYTES);
    struct spool *spool = new_spool();
    struct reading readings[2];
    for (uint32_t seed = 0; seed < 2; seed++) {
        size_t order[LARGE * 2];
        shuffle(order, LARGE * 2, seed);
        struct spool_set *set = spool_set_new(spool);
        struct spool_stage *stage = spool_stage_new(spool);
        for (size_t i = 0; i < LARGE * 2; i++) {
            char text[3][32];
            struct workload workload;
            make_record(order[i], text, &workload);
            if (order[i] % 2 == 0)
                workload.user = (struct str){large, LARGE_BYTES - order[i] * 1000};
            add(stage, &workload);
        }
        commit(stage, set);
        readings[seed] = read_set(set);
        spool_stage_free(stage);
        spool_set_free(set);
    }
    CU_ASSERT_EQUAL(readings[0].count, LARGE * 2);
    CU_ASSERT(readings_equal(&readings[0], &readings[1]));
    spool_free(spool);
    free(large);
}

/* Large enough that runs are on disk before it is rolled back. */
static void add_many(struct spool_stage *stage)
{
    for (size_t i = 0; i < 20000; i++) {
        char text[3][32];
        struct workload workload;
        make_record(i, text, &workload);
        add(stage, &workload);
    }
}

static blkcnt_t count_blocks(int fd)
{
    struct stat info;
    CU_ASSERT_EQUAL(fstat(fd, &info), 0);
    return info.st_blocks;
}

static void test_rollback(void)
{
    struct spool *spool = new_spool();
    struct spool_set *set = spool_set_new(spool), *plain = fill_set(spool, 100, 1000, 1);
    struct spool_stage *stage = spool_stage_new(spool);
    int fd = find_spool_fd();
    bool can_punch = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 30, 4096) == 0;

    for (int attempt = 0; attempt < 5; attempt++) {
        add_many(stage);
        spool_stage_rollback(stage);
    }
    if (can_punch)
        CU_ASSERT(count_blocks(fd) < 512); /* of 512 bytes; five attempts are 20,000 */
    commit(stage, set);
    CU_ASSERT_EQUAL(spool_set_count(set), 0);
    CU_ASSERT_EQUAL(read_set(set).count, 0);

    for (size_t i = 0; i < 100; i++) {
        char text[3][32];
        struct workload workload;
        make_record(i, text, &workload);
        add(stage, &workload);
    }
    commit(stage, set);
    spool_stage_rollback(stage); /* what was committed stays */
    struct reading reading = read_set(set), expected = read_set(plain);
    CU_ASSERT(readings_equal(&reading, &expected));

    add_many(stage);
    spool_stage_free(stage);
    CU_ASSERT_EQUAL(spool_set_count(set), 100);
    spool_set_free(set);
    spool_set_free(plain);
    spool_free(spool);
}

/* Runs that were merged into longer ones give their space back, and a set that is cleared all of
 * it.
 */
static void test_space(void)
{
    struct spool *spool = new_spool();
    struct spool_set *set = fill_set(spool, 160 * 1000, 1000, 1);
    int fd = find_spool_fd();
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 30, 4096) == 0) {
        blkcnt_t before = count_blocks(fd);
        CU_ASSERT_EQUAL(read_set(set).count, 160 * 1000);
        CU_ASSERT(before > 10000 && count_blocks(fd) < before + before / 10);
        spool_set_clear(set);
        CU_ASSERT(count_blocks(fd) < before / 10);
    }
    spool_set_clear(set);
    CU_ASSERT_EQUAL(spool_set_count(set), 0);
    CU_ASSERT_EQUAL(read_set(set).count, 0);
    spool_set_free(set);
    spool_free(spool);
}

static void test_stop(void)
{
    struct spool *spool = new_spool();
    struct spool_set *set = fill_set(spool, 1000, 10, 1);
    struct error error = {0};
    struct reading reading = {.stop_after = 7};
    CU_ASSERT_FALSE(spool_set_each(set, read_one, &reading, &error));
    CU_ASSERT_EQUAL(reading.count, 7);
    CU_ASSERT_EQUAL(error.class, ERR_NONE);
    CU_ASSERT_FALSE(spool_has_failed(spool, &error));
    CU_ASSERT_EQUAL(read_set(set).count, 1000);
    spool_set_free(set);
    spool_free(spool);
}

/* Runs in a process of its own, for it may not write any more than a little. Returns a step's
 * number when that went wrong. */
static int fail_to_write(void)
{
    signal(SIGXFSZ, SIG_IGN);
    struct error error = {0}, again = {0};
    struct spool *spool = new_spool();
    struct spool_set *set = fill_set(spool, 100, 1000, 1);
    const struct rlimit limit = {100 * 1024, 100 * 1024};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    struct spool_stage *stage = spool_stage_new(spool), *later = spool_stage_new(spool);
    struct workload workload;
    char text[3][32];
    size_t added = 0;
    do
        make_record(added, text, &workload);
    while (spool_stage_add(stage, &workload, &error) && ++added < 100000);
    if (added == 100000 || error.class != ERR_INTERNAL)
        return 2;
    if (strcmp(error.text, "cannot write the spool file in /tmp: File too large") != 0)
        return 3;
    if (spool_stage_add(stage, &workload, &again) || strcmp(again.text, error.text) != 0)
        return 4;
    if (spool_stage_add(later, &workload, &again) || spool_stage_commit(later, set, &again))
        return 5;
    if (spool_stage_commit(stage, set, &again) || spool_set_count(set) != 100)
        return 6;
    again = (struct error){0};
    if (!spool_has_failed(spool, &again) || strcmp(again.text, error.text) != 0)
        return 7;
    struct reading reading = {.stop_after = 0};
    if (spool_set_each(set, read_one, &reading, &again) || reading.count != 0)
        return 8;
    spool_stage_free(stage);
    spool_stage_free(later);
    spool_set_free(set);
    spool_free(spool);
    return 0;
}

static void test_disk_full(void)
{
    fflush(stdout);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0)
        _exit(fail_to_write());
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* Every byte of a small spool spoilt in turn: either an error, or another record, but never more
 * records than there were, and no access outside (which sanitizers see). */
static void test_damage(void)
{
    size_t failures = 0, size = 1;
    for (size_t at = 0; at < size; at++) {
        struct spool *spool = new_spool();
        struct spool_set *set = fill_set(spool, 3, 2, 1);
        int fd = find_spool_fd();
        struct stat info;
        CU_ASSERT_EQUAL_FATAL(fstat(fd, &info), 0);
        size = (size_t)info.st_size;
        unsigned char byte;
        CU_ASSERT_EQUAL(pread(fd, &byte, 1, (off_t)at), 1);
        byte ^= 0x81;
        CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, (off_t)at), 1);
        struct error error = {0};
        struct reading reading = {.stop_after = 0};
        if (!spool_set_each(set, read_one, &reading, &error)) {
            failures++;
            CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
            CHECK_STR(error.text, "cannot read the spool file in /tmp: what it holds is damaged");
            CU_ASSERT(spool_has_failed(spool, &error));
        }
        CU_ASSERT(reading.count <= 3);
        spool_set_free(set);
        spool_free(spool);
    }
    CU_ASSERT(size > 100 && failures > size / 4 && failures < size);
}

static void test_cut_short(void)
{
    struct spool *spool = new_spool();
    struct spool_set *set = fill_set(spool, 1000, 1000, 1);
    int fd = find_spool_fd();
    CU_ASSERT_EQUAL(ftruncate(fd, 50000), 0);
    struct error error = {0};
    struct reading reading = {.stop_after = 0};
    CU_ASSERT_FALSE(spool_set_each(set, read_one, &reading, &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    spool_set_free(set);
    spool_free(spool);
}

/* A record that ends before its bytes do was not written so. */
static void test_damaged_count(void)
{
    struct error error = {0};
    struct spool *spool = new_spool();
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    struct workload workload;
    workload_init(&workload);
    workload.project_asked = TEXT("ab");
    add(stage, &workload);
    commit(stage, set);
    int fd = find_spool_fd();
    struct stat info;
    CU_ASSERT_EQUAL_FATAL(fstat(fd, &info), 0);
    /* The text is the last of it, behind its length plus one. */
    char end[3] = "";
    CU_ASSERT_EQUAL(pread(fd, end, 3, info.st_size - 3), 3);
    CU_ASSERT_EQUAL(memcmp(end, "\3ab", 3), 0);
    CU_ASSERT_EQUAL(pwrite(fd, "\2", 1, info.st_size - 3), 1);
    struct reading reading = {.stop_after = 0};
    CU_ASSERT_FALSE(spool_set_each(set, read_one, &reading, &error));
    CHECK_STR(error.text, "cannot read the spool file in /tmp: what it holds is damaged");
    CU_ASSERT_EQUAL(reading.count, 0);
    spool_stage_free(stage);
    spool_set_free(set);
    spool_free(spool);
}

static void test_read_fails(void)
{
    struct error error = {0};
    struct reading reading = {.stop_after = 0};
    struct spool *spool = new_spool();
    struct spool_set *set = fill_set(spool, 100, 1000, 1);
    int fd = find_spool_fd(), unreadable = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(unreadable >= 0 && dup2(unreadable, fd) == fd);
    close(unreadable);
    CU_ASSERT_FALSE(spool_set_each(set, read_one, &reading, &error));
    CU_ASSERT_EQUAL(reading.count, 0);
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text, "cannot read the spool file in /tmp: Bad file descriptor");
    spool_set_free(set);
    spool_free(spool);
}

static void test_file_has_no_name(void)
{
    char directory[] = "/tmp/rollcall-test-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    struct error error = {0};
    struct spool *spool = spool_new(directory, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(spool);
    int fd = find_spool_fd();
    struct stat info;
    CU_ASSERT_EQUAL(fstat(fd, &info), 0);
    CU_ASSERT_EQUAL(info.st_nlink, 0);
    CU_ASSERT_EQUAL(info.st_mode & 077, 0);
    CU_ASSERT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CU_ASSERT_EQUAL(rmdir(directory), 0); /* which only an empty one lets happen */
    spool_free(spool);
}

static void test_directory(void)
{
    struct error error = {0};
    CU_ASSERT_PTR_NULL(spool_new("/nonexistent/dir", &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text,
              "cannot make the spool file in /nonexistent/dir: No such file or directory");
    setenv("TMPDIR", "/nonexistent/tmp", 1);
    CU_ASSERT_PTR_NULL(spool_new(NULL, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nonexistent/tmp"));
    setenv("TMPDIR", "", 1);
    struct spool *spool = spool_new(NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(spool);
    spool_free(spool);
    spool_free(NULL);
    spool_stage_free(NULL);
    spool_set_free(NULL);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"a record comes back as it was", test_round_trip},
        {"lengths", test_lengths},
        {"order, null ids and duplicates", test_order},
        {"what was asked for decides last", test_order_asked},
        {"the lowest bytes", test_low_bytes},
        {"any order in gives the same order out", test_shuffled},
        {"any number of runs", test_run_counts},
        {"records above a stage's buffer", test_large_records},
        {"rollback leaves nothing", test_rollback},
        {"disk space is given back", test_space},
        {"reading can be stopped and done again", test_stop},
        {"a full disk is remembered", test_disk_full},
        {"a damaged file is an error", test_damage},
        {"a file that was cut short is an error", test_cut_short},
        {"a record that ends early is an error", test_damaged_count},
        {"a file that cannot be read is an error", test_read_fails},
        {"the file has no name", test_file_has_no_name},
        {"where the file is made", test_directory},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/spool", tests);
}
