#include "unknown_words.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

enum { SAMPLES_MAX = 4, SHOWN_BYTES = 64 };

/* The front of a text from a server, without a part of a character at its end. */
struct front {
    char data[SHOWN_BYTES];
    size_t len;
    bool is_cut;
};

struct sample {
    struct front word;
    struct front name; /* the first in byte order of the workloads' names */
    uint64_t workloads;
};

/* The first words in byte order, sorted. A word that has to give way to others never comes back, so
 * the number of those that stay is exact. */
struct samples {
    struct sample items[SAMPLES_MAX];
    size_t count;
    uint64_t others; /* workloads of all other words */
};

struct unknown_words {
    struct samples phases, types;
};

static struct front front_of(struct str text)
{
    struct front front = {.len = text.len};
    if (text.len > SHOWN_BYTES) {
        front.is_cut = true;
        front.len = SHOWN_BYTES;
        while (front.len > 0 && ((unsigned char)text.data[front.len] & 0xC0) == 0x80)
            front.len--;
    }
    if (front.len > 0)
        memcpy(front.data, text.data, front.len);
    return front;
}

static struct str text_of(const struct front *front)
{
    return (struct str){front->data, front->len};
}

static int compare(const struct front *a, const struct front *b)
{
    int order = str_compare(text_of(a), text_of(b));
    return order != 0 ? order : (int)a->is_cut - (int)b->is_cut;
}

static void insert(struct samples *samples, size_t at, const struct sample *sample)
{
    if (samples->count == SAMPLES_MAX)
        samples->others += samples->items[SAMPLES_MAX - 1].workloads;
    else
        samples->count++;
    for (size_t i = samples->count - 1; i > at; i--)
        samples->items[i] = samples->items[i - 1];
    samples->items[at] = *sample;
}

static void add(struct samples *samples, const struct sample *sample)
{
    size_t at = 0;
    int order = 1;
    while (at < samples->count && (order = compare(&sample->word, &samples->items[at].word)) > 0)
        at++;
    if (at == SAMPLES_MAX) {
        samples->others += sample->workloads;
        return;
    }
    if (at == samples->count || order != 0) {
        insert(samples, at, sample);
        return;
    }
    struct sample *same = &samples->items[at];
    same->workloads += sample->workloads;
    if (compare(&sample->name, &same->name) < 0)
        same->name = sample->name;
}

static void note(struct unknown_words **words, bool is_phase, struct str word, struct str name)
{
    if (word.data == NULL)
        return;
    if (*words == NULL)
        *words = mem_new(1, sizeof(**words));
    const struct sample sample = {front_of(word), front_of(name), 1};
    add(is_phase ? &(*words)->phases : &(*words)->types, &sample);
}

void unknown_words_note(struct unknown_words **words, const struct workload *workload)
{
    note(words, true, decode_unknown_phase(workload), workload->name);
    note(words, false, decode_unknown_type(workload), workload->name);
}

static void merge(struct samples *into, const struct samples *from)
{
    for (size_t i = 0; i < from->count; i++)
        add(into, &from->items[i]);
    into->others += from->others;
}

void unknown_words_move(struct unknown_words **from, struct unknown_words **into)
{
    if (*from != NULL && *into != NULL) {
        merge(&(*into)->phases, &(*from)->phases);
        merge(&(*into)->types, &(*from)->types);
        unknown_words_clear(from);
    } else if (*from != NULL) {
        *into = *from;
        *from = NULL;
    }
}

void unknown_words_clear(struct unknown_words **words)
{
    free(*words);
    *words = NULL;
}

static void put_front(struct buf *out, const struct front *front)
{
    buf_append_str(out, "\"");
    text_printable(front->data, front->len, out);
    buf_append_str(out, front->is_cut ? "...\"" : "\"");
}

static void tell_samples(const struct samples *samples, const char *what, const char *reported,
                         void (*tell)(void *arg, const char *text), void *arg)
{
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->items[i];
        buf_clear(&text);
        buf_printf(&text, "unknown %s ", what);
        put_front(&text, &sample->word);
        buf_printf(&text, " (seen in %llu workload%s, for one ",
                   (unsigned long long)sample->workloads, sample->workloads == 1 ? "" : "s");
        put_front(&text, &sample->name);
        buf_printf(&text, "); it is reported as %s", reported);
        tell(arg, text.data);
    }
    buf_clear(&text);
    buf_printf(&text, "other unknown %ss (seen in %llu workload%s); they are reported as %s", what,
               (unsigned long long)samples->others, samples->others == 1 ? "" : "s", reported);
    if (samples->others > 0)
        tell(arg, text.data);
    buf_free(&text);
}

void unknown_words_tell(const struct unknown_words *words,
                        void (*tell)(void *arg, const char *text), void *arg)
{
    if (words == NULL)
        return;
    tell_samples(&words->phases, "phase", "unknown", tell, arg);
    tell_samples(&words->types, "type", "other", tell, arg);
}
