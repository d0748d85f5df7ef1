#include "rollcall/json_read.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "read_internal.h"
#include "rollcall/buf.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"
#include "rollcall/wipe.h"

#define DEPTH_MAX 64

/*
 * yajl gets the document in pieces that begin at the same offsets however the bytes arrive, which
 * makes the outcome independent of that. The first piece is small, so that a page that is no JSON
 * at all is told early. yajl starts a token that a piece cuts again from its beginning, so pieces
 * grow with the token: otherwise a large one that trickles in would cost the square of its length.
 */
#define PIECE_FIRST ((size_t)64)
#define PIECE_USUAL ((size_t)16 << 10)
#define PIECE_MAX   ((size_t)256 << 10)

/* What stood where it did last: the objects of one list mostly have their members in one order. */
struct order {
    const struct json_node *first; /* member in this container */
    const struct json_node *next;  /* member behind this one */
};

/* A container that is open. */
struct frame {
    const struct json_node *node;      /* NULL: skipped */
    const struct json_node **expected; /* the member that comes next, if it is as before */
    bool is_array;
};

struct json_reader {
    const struct json_paths *paths; /* borrowed */
    json_handler *handler;
    void *arg;
    yajl_handle yajl;
    struct json_scan scan;
    char *piece; /* owned; wiped, since it may hold a token */
    size_t piece_cap;
    size_t piece_goal; /* how long the piece gets before yajl sees it */
    size_t piece_len;
    struct buf repaired;            /* the string at hand, when it had to be repaired */
    const struct json_node *member; /* of the key that was read last */
    struct order *orders;           /* by a node's index; owned */
    size_t depth;
    struct frame stack[DEPTH_MAX];
    bool is_ascii;  /* the token at hand is, so it needs no repair */
    bool has_begun; /* past a byte-order mark */
    bool has_events;
    bool is_complete; /* the document's value has ended */
    bool has_failed;
    struct error error;
};

/* yajl's memory may hold a token. It takes no NULL for an answer. */
static void *yajl_new(void *context, size_t size)
{
    (void)context;
    return mem_need(wipe_malloc(size));
}

static void *yajl_resize(void *context, void *old, size_t size)
{
    (void)context;
    return mem_need(wipe_realloc(old, size));
}

static void yajl_forget(void *context, void *memory)
{
    (void)context;
    wipe_free(memory);
}

/* The node of the value that begins here, or NULL when it is to be skipped. */
static const struct json_node *value_node(struct json_reader *reader)
{
    reader->has_events = true;
    if (reader->depth == 0)
        return json_paths_root(reader->paths);
    const struct frame *top = &reader->stack[reader->depth - 1];
    if (top->node == NULL)
        return NULL;
    return top->is_array ? top->node->element : reader->member;
}

static bool is_wanted(const struct json_node *node)
{
    return node != NULL && node->id >= 0;
}

/* yajl's callbacks return 0 to stop it. */
static int emit(struct json_reader *reader, const struct json_node *node, enum json_event event,
                const struct json_value *value)
{
    static const struct json_value no_value = {0};
    if (!is_wanted(node))
        return 1;
    return reader->handler(reader->arg, node->id, event, value == NULL ? &no_value : value,
                           &reader->error);
}

static int emit_scalar(struct json_reader *reader, const struct json_node *node,
                       enum json_event event, const struct json_value *value)
{
    reader->is_complete = reader->depth == 0;
    return emit(reader, node, event, value);
}

static int begin_container(struct json_reader *reader, bool is_array)
{
    const struct json_node *node = value_node(reader);
    if (reader->depth == DEPTH_MAX)
        return error_set(&reader->error, ERR_BAD_JSON, "nested deeper than %d levels", DEPTH_MAX);
    reader->stack[reader->depth++] = (struct frame){
        .node = node,
        .expected = node == NULL ? NULL : &reader->orders[node->index].first,
        .is_array = is_array,
    };
    return emit(reader, node, is_array ? JSON_ARRAY_BEGIN : JSON_OBJECT_BEGIN, NULL);
}

static int end_container(struct json_reader *reader, enum json_event event)
{
    const struct json_node *node = reader->stack[--reader->depth].node;
    return emit_scalar(reader, node, event, NULL);
}

static int on_null(void *context)
{
    struct json_reader *reader = context;
    return emit_scalar(reader, value_node(reader), JSON_NULL, NULL);
}

static int on_boolean(void *context, int is_true)
{
    struct json_reader *reader = context;
    return emit_scalar(reader, value_node(reader), is_true ? JSON_TRUE : JSON_FALSE, NULL);
}

static int on_number(void *context, const char *text, size_t len)
{
    struct json_reader *reader = context;
    const struct json_value value = {.text = {text, len}};
    return emit_scalar(reader, value_node(reader), JSON_NUMBER, &value);
}

static int on_string(void *context, const unsigned char *text, size_t len)
{
    struct json_reader *reader = context;
    const struct json_node *node = value_node(reader);
    struct json_value value = {.text = {(const char *)text, len}};
    if (len == 0)
        value.text.data = ""; /* yajl has no bytes to point to then, which would be "no value" */
    if (is_wanted(node) && !reader->is_ascii && !text_is_utf8(value.text.data, len)) {
        buf_clear(&reader->repaired);
        value.repaired = (unsigned)text_repair_utf8(value.text.data, len, &reader->repaired);
        value.text = (struct str){reader->repaired.data, reader->repaired.len};
    }
    return emit_scalar(reader, node, JSON_STRING, &value);
}

static int on_key(void *context, const unsigned char *text, size_t len)
{
    struct json_reader *reader = context;
    struct frame *top = &reader->stack[reader->depth - 1];
    reader->member = NULL;
    if (top->node == NULL)
        return 1;
    const struct json_node *member = *top->expected;
    if (member == NULL || !json_node_has_key(member, (const char *)text, len))
        member = json_node_member(top->node, (const char *)text, len);
    if (member != NULL) {
        *top->expected = member;
        top->expected = &reader->orders[member->index].next;
    }
    reader->member = member;
    return 1;
}

static int on_start_map(void *context)
{
    return begin_container(context, false);
}

static int on_end_map(void *context)
{
    return end_container(context, JSON_OBJECT_END);
}

static int on_start_array(void *context)
{
    return begin_container(context, true);
}

static int on_end_array(void *context)
{
    return end_container(context, JSON_ARRAY_END);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

struct json_reader *json_reader_new(const struct json_paths *paths, json_handler *handler,
                                    void *arg)
{
    struct json_reader *reader = mem_new(1, sizeof *reader);
    reader->paths = paths;
    reader->handler = handler;
    reader->arg = arg;
    reader->piece_goal = PIECE_FIRST;
    reader->orders = mem_new(json_paths_count(paths), sizeof *reader->orders);
    /* Repairing makes one byte three at most. */
    buf_init(&reader->repaired, 3 * JSON_TOKEN_MAX + 1);
    yajl_alloc_funcs memory = {.malloc = yajl_new, .realloc = yajl_resize, .free = yajl_forget};
    reader->yajl = yajl_alloc(&callbacks, &memory, reader);
    int is_configured = yajl_config(reader->yajl, yajl_dont_validate_strings, 1);
    assert(is_configured);
    (void)is_configured;
    return reader;
}

void json_reader_free(struct json_reader *reader)
{
    if (reader == NULL)
        return;
    yajl_free(reader->yajl);
    wipe_free(reader->piece);
    free(reader->orders);
    buf_wipe(&reader->repaired);
    free(reader);
}

/* yajl's own words, without its "parse error: " in front and the line's end behind. */
static void describe_syntax(struct json_reader *reader, char *out, size_t size)
{
    unsigned char *text = yajl_get_error(reader->yajl, 0, NULL, 0);
    const char *reason = strstr((const char *)text, ": ");
    reason = reason == NULL ? (const char *)text : reason + 2;
    size_t len = strcspn(reason, "\n");
    while (len > 0 && (reason[len - 1] == '.' || reason[len - 1] == ' '))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(out, reason, len);
    out[len] = '\0';
    yajl_free_error(reader->yajl, text);
}

static void fail_syntax(struct json_reader *reader)
{
    char reason[128];
    describe_syntax(reader, reason, sizeof reason);
    if (reader->has_events)
        error_set(&reader->error, ERR_BAD_JSON, "not valid JSON: %s", reason);
    else if (reader->scan.first == '<')
        error_set(&reader->error, ERR_NOT_JSON, "an HTML page instead of JSON");
    else
        error_set(&reader->error, ERR_NOT_JSON, "not JSON: %s", reason);
    reader->has_failed = true;
}

/* Gives yajl the bytes and keeps what went wrong; a cancelled parse has its error already. */
static void parse(struct json_reader *reader, const char *data, size_t len)
{
    if (len == 0)
        return;
    yajl_status status = yajl_parse(reader->yajl, (const unsigned char *)data, len);
    if (status == yajl_status_client_canceled)
        reader->has_failed = true;
    else if (status != yajl_status_ok)
        fail_syntax(reader);
}

static void parse_piece(struct json_reader *reader, bool is_last)
{
    char *data = reader->piece;
    size_t len = reader->piece_len;
    if (!reader->has_begun && len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        len -= 3;
    }
    reader->has_begun = true;
    bool is_amid_token = reader->scan.is_in_string || reader->scan.token_len > 0;
    struct json_scanned done = json_scan_piece(&reader->scan, data, len, is_last);
    reader->is_ascii = done.is_ascii && (reader->is_ascii || !is_amid_token);
    parse(reader, data, done.out_len);
    if (done.is_over && !reader->has_failed) {
        error_set(&reader->error, ERR_TOO_LARGE, "a single string or number is over 1 MiB");
        reader->has_failed = true;
    }
    if (reader->has_failed)
        return;
    reader->piece_len = len - done.taken;
    memmove(reader->piece, data + done.taken, reader->piece_len);
    reader->piece_goal = PIECE_USUAL;
    if (reader->scan.token_len > reader->piece_goal)
        reader->piece_goal =
            reader->scan.token_len < PIECE_MAX ? reader->scan.token_len : PIECE_MAX;
}

static bool outcome(const struct json_reader *reader, struct error *error)
{
    if (reader->has_failed && error != NULL)
        *error = reader->error;
    return !reader->has_failed;
}

bool json_reader_feed(struct json_reader *reader, const void *data, size_t len, struct error *error)
{
    const char *at = data;
    while (len > 0 && !reader->has_failed) {
        if (reader->piece_cap < reader->piece_goal) {
            reader->piece = mem_need(wipe_realloc(reader->piece, reader->piece_goal));
            reader->piece_cap = reader->piece_goal;
        }
        size_t room = reader->piece_goal - reader->piece_len;
        size_t part = len < room ? len : room;
        memcpy(reader->piece + reader->piece_len, at, part);
        reader->piece_len += part;
        at += part;
        len -= part;
        if (reader->piece_len == reader->piece_goal)
            parse_piece(reader, false);
    }
    return outcome(reader, error);
}

/* Judges a document that had no syntax error until its end. */
static void finish(struct json_reader *reader)
{
    if (!reader->scan.has_first) {
        error_set(&reader->error, ERR_NOT_JSON, "the answer is empty");
        reader->has_failed = true;
        return;
    }
    yajl_status status = yajl_complete_parse(reader->yajl);
    if (status == yajl_status_client_canceled) {
        reader->has_failed = true;
    } else if (!reader->is_complete) {
        error_set(&reader->error, ERR_BAD_JSON, "the document ends early");
        reader->has_failed = true;
    } else if (status != yajl_status_ok) {
        fail_syntax(reader);
    } else if (reader->scan.is_in_string) {
        /* yajl does not mind a string without end behind the document. */
        error_set(&reader->error, ERR_BAD_JSON, "not valid JSON: trailing garbage");
        reader->has_failed = true;
    }
}

bool json_reader_finish(struct json_reader *reader, struct error *error)
{
    if (!reader->has_failed && reader->piece_len > 0)
        parse_piece(reader, true);
    if (!reader->has_failed)
        finish(reader);
    return outcome(reader, error);
}
