/*
 * Records as real endpoints send them in bad moments, each with what the contract demands of it. In
 * the served JSON, '@' stands for the project's name as a JSON string. In both JSON and id, '#'
 * stands for digits that no other record of the cluster has.
 */
#include <stdio.h>
#include <string.h>

#include "data.h"

#define BAD "\xef\xbf\xbd" /* U+FFFD, what ill-formed text becomes */
#define NIL "null"

struct messy {
    const char *served;
    const char *id, *name, *user, *type, *phase, *raw_phase, *created_at, *images, *nodes;
    int64_t gpus_micro;
    unsigned repaired;
    const char *raw_type; /* NULL: null */
};

#define NAMED(text) "{\"project\":@,\"id\":\"m#\",\"name\":" text "}"
/* A record of which only the name matters. */
#define NAME_CASE(served_json, expected, repairs)                                                  \
    {                                                                                              \
        NAMED(served_json), "\"m#\"", expected, NIL, NIL, NIL, NIL, NIL, NIL, NIL, MICRO_NONE,     \
            repairs, NULL                                                                          \
    }
/* A record of which only the GPUs matter. */
#define GPU_CASE(json, micro, repairs)                                                             \
    {                                                                                              \
        "{\"project\":@,\"id\":\"g#\",\"name\":\"gpu\",\"currentAllocatedGPUs\":" json "}",        \
            "\"g#\"", "\"gpu\"", NIL, NIL, NIL, NIL, NIL, NIL, NIL, micro, repairs, NULL           \
    }
#define ID_CASE(json, expected, repairs)                                                           \
    {                                                                                              \
        "{\"project\":@,\"name\":\"ids\",\"id\":" json "}", expected, "\"ids\"", NIL, NIL, NIL,    \
            NIL, NIL, NIL, NIL, MICRO_NONE, repairs, NULL                                          \
    }
#define CREATED_CASE(json, expected, repairs)                                                      \
    {                                                                                              \
        "{\"project\":@,\"name\":\"when\",\"id\":\"c#\",\"createdAt\":" json "}", "\"c#\"",        \
            "\"when\"", NIL, NIL, NIL, NIL, expected, NIL, NIL, MICRO_NONE, repairs, NULL          \
    }
#define LIST_CASE(images_json, nodes_json, images, nodes, repairs)                                 \
    {                                                                                              \
        "{\"project\":@,\"name\":\"lists\",\"id\":\"l#\",\"images\":" images_json                  \
        ",\"nodes\":" nodes_json "}",                                                              \
            "\"l#\"", "\"lists\"", NIL, NIL, NIL, NIL, NIL, images, nodes, MICRO_NONE, repairs,    \
            NULL                                                                                   \
    }
#define WORD_CASE(status_json, type_json, phase, raw, type, raw_type, repairs)                     \
    {                                                                                              \
        "{\"project\":@,\"name\":\"words\",\"id\":\"w#\",\"status\":" status_json                  \
        ",\"type\":" type_json "}",                                                                \
            "\"w#\"", "\"words\"", NIL, type, phase, raw, NIL, NIL, NIL, MICRO_NONE, repairs,      \
            raw_type                                                                               \
    }

static const struct messy rows[] = {
    /* Nothing at all, nothing but the project, and everything null. */
    {"{}", NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, MICRO_NONE, 0, NULL},
    {"{\"project\":@}", NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, MICRO_NONE, 0, NULL},
    {"{\"id\":null,\"project\":@,\"name\":null,\"user\":null,\"status\":null,\"type\":null,"
     "\"nodes\":null,\"createdAt\":null,\"images\":null,\"currentAllocatedGPUs\":null}",
     NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, NIL, MICRO_NONE, 0, NULL},

    ID_CASE("null", NIL, 0),
    ID_CASE("null", NIL, 0), /* the very same record twice: both count */
    ID_CASE("7#", "\"7#\"", 0),
    ID_CASE("1234567890123456789012345678#", "\"1234567890123456789012345678#\"", 0),
    ID_CASE("-1.5#e+3", "\"-1.5#e+3\"", 0),
    ID_CASE("\"\"", NIL, 0),
    ID_CASE("true", NIL, 1),
    ID_CASE("{\"id\":\"inner\"}", NIL, 1),
    ID_CASE("[\"x\"]", NIL, 1),

    NAME_CASE("\"plain\"", "\"plain\"", 0),
    NAME_CASE("\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x9a\x80\"",
              "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x9a\x80\"", 0),
    NAME_CASE("\"\\u006eame\\u00e9 \\ud83d\\ude80\"", "\"name\xc3\xa9 \xf0\x9f\x9a\x80\"", 0),
    NAME_CASE("\"quote \\\" back \\\\ slash \\/ \\b\\f\\n\\r\\t\"",
              "\"quote \\\" back \\\\ slash / \\u0008\\u000c\\u000a\\u000d\\u0009\"", 0),
    NAME_CASE("\"<script>alert('x')</script>&amp;\"", "\"<script>alert('x')</script>&amp;\"", 0),
    NAME_CASE("\"\\u001b[31mred\\u001b[0m\\u0007\"", "\"\\u001b[31mred\\u001b[0m\\u0007\"", 0),
    NAME_CASE("\"nul \\u0000 inside\"", "\"nul \\u0000 inside\"", 0),
    NAME_CASE("\"=cmd|' /C calc'!A0\"", "\"=cmd|' /C calc'!A0\"", 0),
    NAME_CASE("\"bidi \\u202e evil\"", "\"bidi \xe2\x80\xae evil\"", 0),
    NAME_CASE("\"\\u2028\"", "\"\xe2\x80\xa8\"", 0),
    NAME_CASE("\"\x7f\"", "\"\x7f\"", 0),
    NAME_CASE("\"bad \xff byte\"", "\"bad " BAD " byte\"", 1),
    NAME_CASE("\"cut \xe2\x82\"", "\"cut " BAD "\"", 1),
    NAME_CASE("\"cut \xf0\x9f\x9a!\"", "\"cut " BAD "!\"", 1),
    NAME_CASE("\"stray \x80\"", "\"stray " BAD "\"", 1),
    NAME_CASE("\"overlong \xc0\xaf\"", "\"overlong " BAD BAD "\"", 2),
    NAME_CASE("\"surrogate \xed\xa0\x80\"", "\"surrogate " BAD BAD BAD "\"", 3),
    NAME_CASE("\"beyond \xf4\x90\x80\x80\"", "\"beyond " BAD BAD BAD BAD "\"", 4),
    NAME_CASE("\"lone \\ud800\"", "\"lone " BAD "\"", 1),
    NAME_CASE("\"lone \\ud800 then text\"", "\"lone " BAD " then text\"", 1),
    NAME_CASE("\"lone low \\udc00\"", "\"lone low " BAD "\"", 1),
    NAME_CASE("\"twice \\ud800\\ud83d\\ude80\"", "\"twice " BAD "\xf0\x9f\x9a\x80\"", 1),
    NAME_CASE("5", NIL, 1),
    NAME_CASE("[]", NIL, 1),
    NAME_CASE("\"first\",\"name\":\"last wins\"", "\"last wins\"", 0),
    NAME_CASE("\"x\",\"other\":\"\xff\",\"more\":{\"name\":\"\xc3\",\"a\":[[[{}]]]}", "\"x\"", 0),

    GPU_CASE("0", 0, 0),
    GPU_CASE("-0", 0, 0),
    GPU_CASE("0.0000005", 1, 0),
    GPU_CASE("0.00000049999", 0, 0),
    GPU_CASE("1.0000015", 1000002, 0),
    GPU_CASE("0.1e1", 1000000, 0),
    GPU_CASE("25E-2", 250000, 0),
    GPU_CASE("1000000000", 1000000000000000, 0),
    GPU_CASE("1000000000.1", MICRO_NONE, 1),
    GPU_CASE("1e400", MICRO_NONE, 1),
    GPU_CASE("1e-400", 0, 0),
    GPU_CASE("-1", MICRO_NONE, 1),
    GPU_CASE("\"0.5\"", MICRO_NONE, 1),
    GPU_CASE("false", MICRO_NONE, 1),
    GPU_CASE("{\"gpu\":1}", MICRO_NONE, 1),

    CREATED_CASE("0", "\"1970-01-01T00:00:00Z\"", 0),
    CREATED_CASE("1700000000999", "\"2023-11-14T22:13:20Z\"", 0),
    CREATED_CASE("\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00Z\"", 0),
    CREATED_CASE("\"2025-12-31T23:00:00.25-01:00\"", "\"2026-01-01T00:00:00Z\"", 0),
    CREATED_CASE("\"1700000000999\"", NIL, 1),
    CREATED_CASE("true", NIL, 1),

    LIST_CASE("\"one:1\"", "[\"n1\"]", "[\"one:1\"]", "[\"n1\"]", 0),
    LIST_CASE("[\"b\",\"a\",\"b\"]", "[]", "[\"b\",\"a\",\"b\"]", "[]", 0),
    LIST_CASE("[]", "null", "[]", NIL, 0),
    LIST_CASE("7", "\"one node\"", NIL, "[\"one node\"]", 1),
    LIST_CASE("{\"image\":\"x\"}", "{\"node\":\"x\"}", NIL, NIL, 2),
    LIST_CASE("[\"\\ud83d\\ude80\",\"\"]", "[\"\\\"\"]", "[\"\xf0\x9f\x9a\x80\",\"\"]",
              "[\"\\\"\"]", 0),

    WORD_CASE("\"INIT:1/3\"", "\"pytorch\"", "\"pending\"", "\"INIT:1/3\"", "\"distributed\"",
              "\"pytorch\"", 0),
    WORD_CASE("\"init:error\"", "\"TRAIN\"", "\"failed\"", "\"init:error\"", "\"training\"",
              "\"TRAIN\"", 0),
    WORD_CASE("\"Something new\"", "\"Cron\"", "\"unknown\"", "\"Something new\"", "\"other\"",
              "\"Cron\"", 0),
    WORD_CASE("3", "4", NIL, NIL, NIL, NULL, 2),
};

size_t messy_count(void)
{
    return sizeof rows / sizeof rows[0];
}

/* A text of the table with its two marks replaced. */
static void expand(const char *text, const char *quoted, const char *digits, struct text *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '@')
            text_puts(out, quoted);
        else if (*text == '#')
            text_puts(out, digits);
        else
            text_add(out, text, 1);
    }
}

static void tell(const struct messy *row, const char *quoted, const char *digits, struct job *job)
{
    struct text *memory = &job->memory;
    memory->len = 0;
    text_puts(memory, quoted);
    text_add(memory, "", 1);
    size_t id = memory->len;
    expand(row->id, quoted, digits, memory);
    job->id = memory->data + id;
    job->name = row->name;
    job->project = strchr(row->served, '@') == NULL ? NIL : memory->data;
    job->user = row->user;
    job->type = row->type;
    job->raw_type = row->raw_type == NULL ? NIL : row->raw_type;
    job->raw_category = NIL;
    job->phase = row->phase;
    job->raw_phase = row->raw_phase;
    job->created_at = row->created_at;
    job->images = row->images;
    job->nodes = row->nodes;
    job->department = job->node_pools = job->preemptible = NIL;
    job->requested_micro = job->idle_micro = job->pending_s = job->running_s = MICRO_NONE;
    job->gpus_micro = row->gpus_micro;
    job->repaired = row->repaired;
}

void messy_job(const char *project, size_t index, struct text *served, struct job *job)
{
    struct text quoted = {0}, digits = {0};
    text_json(&quoted, project, strlen(project));
    text_printf(&digits, "%09llu", (unsigned long long)(hash_text(project, index) % 1000000000));
    if (served != NULL)
        expand(rows[index].served, quoted.data, digits.data, served);
    if (job != NULL)
        tell(&rows[index], quoted.data, digits.data, job);
    text_free(&quoted);
    text_free(&digits);
}
