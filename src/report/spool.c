#include "rollcall/spool.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record_codec.h"
#include "rollcall/file.h"
#include "rollcall/mem.h"
#include "spool_internal.h"

/* A record in a stage. */
struct staged {
    uint64_t key; /* a piece of it in which most differ, so that most are told apart by a number */
    uint32_t offset;
};

struct spool_stage {
    struct spool *spool;
    unsigned char *data; /* owned; encoded records as they came */
    size_t used;
    size_t cap;
    struct staged *staged; /* owned; the records in `data` */
    size_t count;
    size_t staged_cap;
    struct run_list runs; /* those on disk already */
    uint64_t record_count;
};

/* A file that has no name from the start or, where the file system cannot do that, soon. */
static int open_nameless(const char *directory)
{
    int fd = file_open(directory, O_TMPFILE | O_RDWR | O_EXCL, 0600);
    if (fd >= 0)
        return fd;
    /* Named like a report's temporary, so that it is swept if we are killed right here. */
    char *path = mem_printf("%s/.report-spool.XXXXXX.tmp", directory);
    fd = file_make_temporary(path);
    if (fd >= 0 && unlink(path) != 0 && errno != ENOENT) {
        int cause = errno;
        close(fd);
        fd = -1;
        errno = cause;
    }
    free(path);
    return fd;
}

struct spool *spool_new(const char *directory, struct error *error)
{
    if (directory == NULL)
        directory = getenv("TMPDIR");
    if (directory == NULL || directory[0] == '\0')
        directory = "/var/tmp";
    int fd = open_nameless(directory);
    if (fd < 0) {
        error_set(error, ERR_INTERNAL, "cannot make the spool file in %s: %s", directory,
                  strerror(errno));
        return NULL;
    }
    struct spool *spool = mem_new(1, sizeof *spool);
    spool->fd = fd;
    spool->directory = mem_strdup(directory);
    return spool;
}

void spool_free(struct spool *spool)
{
    if (spool == NULL)
        return;
    close(spool->fd); /* nobody reads it again: what a late failure says does not matter */
    free(spool->directory);
    free(spool);
}

bool spool_fail(struct spool *spool, const char *action, int cause)
{
    if (spool->failure.class != ERR_NONE)
        return false;
    return error_set(&spool->failure, ERR_INTERNAL, "cannot %s the spool file in %s: %s", action,
                     spool->directory, cause != 0 ? strerror(cause) : "what it holds is damaged");
}

bool spool_is_usable(const struct spool *spool, struct error *error)
{
    if (spool->failure.class == ERR_NONE)
        return true;
    if (error != NULL)
        *error = spool->failure;
    return false;
}

bool spool_has_failed(const struct spool *spool, struct error *error)
{
    return !spool_is_usable(spool, error);
}

void run_list_add(struct run_list *list, struct spool_run run)
{
    if (list->count == list->cap) {
        assert(list->cap < UINT32_MAX / 2);
        list->cap = list->cap == 0 ? 1 : list->cap * 2;
        list->items = mem_resize(list->items, list->cap, sizeof *list->items);
    }
    list->items[list->count++] = run;
}

static void run_list_clear(struct run_list *list)
{
    free(list->items);
    *list = (struct run_list){0};
}

/* Appends to the file. */
static void write_all(struct spool *spool, const unsigned char *data, size_t len)
{
    if (spool->failure.class != ERR_NONE)
        return;
    if (file_write_at(spool->fd, data, len, (off_t)spool->end))
        spool->end += len;
    else
        spool_fail(spool, "write", errno);
}

void spool_run_begin(struct spool *spool)
{
    spool->writing = (struct spool_run){.offset = spool->end};
    spool->used = 0;
}

void spool_run_put(struct spool *spool, const unsigned char *record, size_t len)
{
    if (spool->used + len > sizeof spool->block) {
        write_all(spool, spool->block, spool->used);
        spool->used = 0;
    }
    if (len > sizeof spool->block) {
        write_all(spool, record, len);
    } else {
        memcpy(spool->block + spool->used, record, len);
        spool->used += len;
    }
    spool->writing.bytes += len;
    if (len > spool->writing.record_max)
        spool->writing.record_max = len;
}

bool spool_run_end(struct spool *spool, struct spool_run *run)
{
    write_all(spool, spool->block, spool->used);
    spool->used = 0;
    *run = spool->writing;
    return spool->failure.class == ERR_NONE;
}

bool spool_read(struct spool *spool, uint64_t offset, void *data, size_t len)
{
    unsigned char *at = data;
    while (len > 0) {
        ssize_t got = pread(spool->fd, at, len, (off_t)offset);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
            offset += (uint64_t)got;
        } else if (got == 0 || errno != EINTR) {
            return spool_fail(spool, "read", got == 0 ? 0 : errno);
        }
    }
    return true;
}

void spool_run_drop(struct spool *spool, const struct spool_run *run)
{
    /* A file system that cannot do it keeps the space until the file is closed. */
    (void)fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)run->offset,
                    (off_t)run->bytes);
}

struct spool_stage *spool_stage_new(struct spool *spool)
{
    struct spool_stage *stage = mem_new(1, sizeof *stage);
    stage->spool = spool;
    return stage;
}

/* An idle stage holds no memory: there may be one for each request that waits. */
static void stage_reset(struct spool_stage *stage)
{
    struct spool *spool = stage->spool;
    free(stage->data);
    free(stage->staged);
    run_list_clear(&stage->runs);
    *stage = (struct spool_stage){.spool = spool};
}

void spool_stage_free(struct spool_stage *stage)
{
    if (stage == NULL)
        return;
    spool_stage_rollback(stage);
    free(stage);
}

/* How many bytes behind their prefix the stage's records have in common, mostly the project. */
static size_t measure_equal(const struct spool_stage *stage)
{
    const unsigned char *first = stage->data + stage->staged[0].offset;
    size_t equal = record_bytes_at(first) - RECORD_PREFIX_BYTES;
    for (size_t i = 1; i < stage->count; i++) {
        const unsigned char *record = stage->data + stage->staged[i].offset;
        size_t bytes = record_bytes_at(record) - RECORD_PREFIX_BYTES;
        size_t same = 0, end = bytes < equal ? bytes : equal;
        while (same < end &&
               record[RECORD_PREFIX_BYTES + same] == first[RECORD_PREFIX_BYTES + same])
            same++;
        equal = same;
    }
    return equal;
}

static uint64_t load_key(const unsigned char *record, size_t equal)
{
    const unsigned char *at = record + RECORD_PREFIX_BYTES + equal;
    size_t left = record_bytes_at(record) - RECORD_PREFIX_BYTES - equal;
    uint64_t key = 0;
    memcpy(&key, at, left < sizeof key ? left : sizeof key);
    return be64toh(key);
}

struct order {
    const unsigned char *data;
    size_t equal;
};

static int compare_staged(const void *a, const void *b, void *arg)
{
    const struct staged *left = a, *right = b;
    const struct order *order = arg;
    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return record_compare(order->data + left->offset, order->data + right->offset, order->equal);
}

static void stage_sort(struct spool_stage *stage)
{
    struct order order = {.data = stage->data, .equal = measure_equal(stage)};
    for (size_t i = 0; i < stage->count; i++)
        stage->staged[i].key = load_key(stage->data + stage->staged[i].offset, order.equal);
    qsort_r(stage->staged, stage->count, sizeof *stage->staged, compare_staged, &order);
}

/* Writes what the stage holds in memory as a sorted run. */
static bool stage_flush(struct spool_stage *stage)
{
    struct spool *spool = stage->spool;
    if (stage->count == 0)
        return spool->failure.class == ERR_NONE;
    stage_sort(stage);
    spool_run_begin(spool);
    for (size_t i = 0; i < stage->count; i++) {
        const unsigned char *record = stage->data + stage->staged[i].offset;
        spool_run_put(spool, record, record_bytes_at(record));
    }
    struct spool_run run;
    if (!spool_run_end(spool, &run))
        return false;
    run_list_add(&stage->runs, run);
    stage->count = 0;
    stage->used = 0;
    if (stage->cap > SPOOL_STAGE_MAX) { /* one enormous record is no reason to stay large */
        free(stage->data);
        stage->data = NULL;
        stage->cap = 0;
    }
    return true;
}

static void stage_reserve(struct spool_stage *stage, size_t bytes)
{
    if (stage->used + bytes > stage->cap) {
        size_t cap = stage->cap == 0 ? SPOOL_STAGE_FIRST : stage->cap;
        while (cap < stage->used + bytes && cap < SPOOL_STAGE_MAX)
            cap *= 2;
        stage->cap = cap < stage->used + bytes ? stage->used + bytes : cap;
        stage->data = mem_resize(stage->data, stage->cap, 1);
    }
    if (stage->count == stage->staged_cap) {
        stage->staged_cap = stage->staged_cap == 0 ? 32 : stage->staged_cap * 2;
        stage->staged = mem_resize(stage->staged, stage->staged_cap, sizeof *stage->staged);
    }
}

bool spool_stage_add(struct spool_stage *stage, const struct workload *workload,
                     struct error *error)
{
    size_t bytes = record_encoded_max(workload);
    if (bytes > RECORD_MAX_BYTES)
        return error_set(error, ERR_TOO_LARGE, "a single workload is above 1 GiB");
    if (stage->used + bytes > SPOOL_STAGE_MAX && !stage_flush(stage))
        return spool_is_usable(stage->spool, error);
    if (!spool_is_usable(stage->spool, error))
        return false;
    stage_reserve(stage, bytes);
    stage->staged[stage->count++].offset = (uint32_t)stage->used;
    stage->used += record_encode(workload, stage->data + stage->used);
    stage->record_count++;
    return true;
}

void spool_stage_rollback(struct spool_stage *stage)
{
    for (uint32_t i = 0; i < stage->runs.count; i++)
        spool_run_drop(stage->spool, &stage->runs.items[i]);
    stage_reset(stage);
}

bool spool_stage_commit(struct spool_stage *stage, struct spool_set *set, struct error *error)
{
    assert(stage->spool == set->spool);
    if (!stage_flush(stage)) {
        spool_stage_rollback(stage);
        return spool_is_usable(stage->spool, error);
    }
    for (uint32_t i = 0; i < stage->runs.count; i++)
        run_list_add(&set->runs, stage->runs.items[i]);
    set->record_count += stage->record_count;
    stage_reset(stage);
    return true;
}

struct spool_set *spool_set_new(struct spool *spool)
{
    struct spool_set *set = mem_new(1, sizeof *set);
    set->spool = spool;
    return set;
}

void spool_set_free(struct spool_set *set)
{
    if (set == NULL)
        return;
    run_list_clear(&set->runs);
    free(set);
}

void spool_set_clear(struct spool_set *set)
{
    for (uint32_t i = 0; i < set->runs.count; i++)
        spool_run_drop(set->spool, &set->runs.items[i]);
    run_list_clear(&set->runs);
    set->record_count = 0;
}

void spool_set_move(struct spool_set *from, struct spool_set *into)
{
    for (uint32_t i = 0; i < from->runs.count; i++)
        run_list_add(&into->runs, from->runs.items[i]);
    into->record_count += from->record_count;
    run_list_clear(&from->runs);
    from->record_count = 0;
}

uint64_t spool_set_count(const struct spool_set *set)
{
    return set->record_count;
}
