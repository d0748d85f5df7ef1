#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "record_codec.h"
#include "rollcall/mem.h"
#include "spool_internal.h"

/* A run being read: a window onto the file, and the current record within it. */
struct run_reader {
    uint64_t offset; /* of what follows the window */
    uint64_t left;   /* how much that is */
    unsigned char *window;
    size_t cap;
    size_t len;
    size_t at;
    size_t record_bytes; /* 0: before the first record, or behind the last */
};

/* Readers in a heap: the one with the smallest record is the first. */
struct merge {
    struct spool *spool;
    struct run_reader *readers; /* owned */
    size_t reader_count;
    struct run_reader **heap; /* owned; those that are not at their end */
    size_t heap_count;
};

typedef bool record_fn(void *arg, const unsigned char *record, size_t len);

/* Sees to it that `len` bytes from the current position on are in the window. */
static bool reader_fill(struct spool *spool, struct run_reader *reader, size_t len)
{
    size_t held = reader->len - reader->at;
    if (len <= held)
        return true;
    if (len - held > reader->left)
        return spool_fail(spool, "read", 0);
    if (reader->at > 0)
        memmove(reader->window, reader->window + reader->at, held);
    reader->at = 0;
    reader->len = held;
    if (len > reader->cap) {
        reader->cap = len;
        reader->window = mem_resize(reader->window, reader->cap, 1);
    }
    size_t more = reader->cap - held;
    if (more > reader->left)
        more = (size_t)reader->left;
    if (!spool_read(spool, reader->offset, reader->window + held, more))
        return false;
    reader->len += more;
    reader->offset += more;
    reader->left -= more;
    return true;
}

/* Goes to the next record, or behind the last one. The file is not trusted. */
static bool reader_next(struct spool *spool, struct run_reader *reader)
{
    reader->at += reader->record_bytes;
    reader->record_bytes = 0;
    if (reader->at == reader->len && reader->left == 0)
        return true;
    if (!reader_fill(spool, reader, RECORD_PREFIX_BYTES))
        return false;
    size_t bytes = record_bytes_at(reader->window + reader->at);
    if (!reader_fill(spool, reader, bytes))
        return false;
    reader->record_bytes = bytes;
    return true;
}

static bool is_before(const struct run_reader *a, const struct run_reader *b)
{
    return record_compare(a->window + a->at, b->window + b->at, 0) < 0;
}

static void swap(struct run_reader **heap, size_t i, size_t j)
{
    struct run_reader *moved = heap[i];
    heap[i] = heap[j];
    heap[j] = moved;
}

/* Puts the reader at `top` where it belongs. It mostly belongs far down, so it goes to the end of
 * the smaller children's path first and then up: about half the comparisons of the other way. */
static void sift(struct merge *merge, size_t top)
{
    struct run_reader **heap = merge->heap;
    size_t at = top, child;
    for (; (child = 2 * at + 1) < merge->heap_count; at = child) {
        if (child + 1 < merge->heap_count && is_before(heap[child + 1], heap[child]))
            child++;
        swap(heap, at, child);
    }
    for (; at > top && is_before(heap[at], heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(heap, at, (at - 1) / 2);
}

static bool merge_open(struct merge *merge, const struct spool_run *runs, size_t count)
{
    merge->readers = mem_new(count, sizeof *merge->readers);
    merge->heap = mem_new(count, sizeof(struct run_reader *));
    merge->reader_count = count;
    for (size_t i = 0; i < count; i++) {
        struct run_reader *reader = &merge->readers[i];
        reader->offset = runs[i].offset;
        reader->left = runs[i].bytes;
        reader->cap =
            runs[i].bytes < SPOOL_WINDOW_BYTES ? (size_t)runs[i].bytes : SPOOL_WINDOW_BYTES;
        reader->window = mem_new(reader->cap, 1);
        if (!reader_next(merge->spool, reader))
            return false;
        merge->heap[merge->heap_count++] = reader;
    }
    for (size_t i = count / 2; i-- > 0;)
        sift(merge, i);
    return true;
}

static void merge_close(struct merge *merge)
{
    for (size_t i = 0; i < merge->reader_count; i++)
        free(merge->readers[i].window);
    free(merge->readers);
    free(merge->heap);
}

/* Calls `fn` for each record of the runs in order; false when it said so or reading failed. */
static bool merge_runs(struct spool *spool, const struct spool_run *runs, size_t count,
                       record_fn *fn, void *arg)
{
    struct merge merge = {.spool = spool};
    bool is_ok = count == 0 || merge_open(&merge, runs, count);
    while (is_ok && merge.heap_count > 0) {
        struct run_reader *first = merge.heap[0];
        is_ok =
            fn(arg, first->window + first->at, first->record_bytes) && reader_next(spool, first);
        if (first->record_bytes == 0)
            merge.heap[0] = merge.heap[--merge.heap_count];
        if (is_ok && merge.heap_count > 0)
            sift(&merge, 0);
    }
    merge_close(&merge);
    return is_ok;
}

static bool put_record(void *arg, const unsigned char *record, size_t len)
{
    spool_run_put(arg, record, len);
    return true;
}

/* How many of the first runs can be read at the same time: at least two. */
static size_t count_mergeable(const struct run_list *runs)
{
    size_t bytes = 0, count = 0;
    while (count < runs->count && count < SPOOL_FAN_IN) {
        const struct spool_run *run = &runs->items[count];
        size_t window = run->record_max > SPOOL_WINDOW_BYTES ? run->record_max : SPOOL_WINDOW_BYTES;
        bytes += window;
        if (count >= 2 && bytes > SPOOL_MERGE_BYTES)
            break;
        count++;
    }
    return count;
}

/*
 * Merges runs into longer ones until what is left can be read at once. The oldest are taken first
 * and the result goes to the end, so that no record is written again before all others were.
 */
static bool set_reduce(struct spool_set *set)
{
    struct run_list *runs = &set->runs;
    size_t count;
    while ((count = count_mergeable(runs)) < runs->count) {
        /* No more than it takes to get below the limit: the rest need not be written twice. */
        if (runs->count > SPOOL_FAN_IN && runs->count - SPOOL_FAN_IN + 1 < count)
            count = runs->count - SPOOL_FAN_IN + 1;
        struct spool_run merged;
        spool_run_begin(set->spool);
        if (!merge_runs(set->spool, runs->items, count, put_record, set->spool) ||
            !spool_run_end(set->spool, &merged))
            return false;
        for (size_t i = 0; i < count; i++)
            spool_run_drop(set->spool, &runs->items[i]);
        runs->count -= (uint32_t)count;
        memmove(runs->items, runs->items + count, runs->count * sizeof *runs->items);
        runs->items[runs->count++] = merged;
    }
    return true;
}

struct each {
    struct spool *spool;
    struct record_decoder decoder;
    spool_fn *fn;
    void *arg;
};

static bool each_record(void *arg, const unsigned char *record, size_t len)
{
    struct each *each = arg;
    struct workload workload;
    if (!record_decode(&each->decoder, record, len, &workload))
        return spool_fail(each->spool, "read", 0);
    return each->fn(each->arg, &workload);
}

bool spool_set_each(struct spool_set *set, spool_fn *fn, void *arg, struct error *error)
{
    struct spool *spool = set->spool;
    if (!spool_is_usable(spool, error))
        return false;
    struct each each = {.spool = spool, .fn = fn, .arg = arg};
    bool is_ok =
        set_reduce(set) && merge_runs(spool, set->runs.items, set->runs.count, each_record, &each);
    record_decoder_free(&each.decoder);
    if (!is_ok)
        (void)spool_is_usable(spool, error);
    return is_ok;
}
