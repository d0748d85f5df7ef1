/*
 * Reports, read event by event and written again in one canonical form, so that a report with a
 * million workloads never stands in memory and any two can be compared as text.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "e2e_internal.h"

#define MAX_DEPTH 16

/* Where canonical JSON goes, and whether the next element of each level needs a comma. */
struct sink {
    struct e2e_buf buf;
    bool needs_comma[MAX_DEPTH];
};

struct loader {
    struct e2e_report *report;
    int depth;                      /* of open objects and arrays */
    struct e2e_buf keys[MAX_DEPTH]; /* the last key seen at each depth; "" in arrays */
    bool is_array[MAX_DEPTH];
    struct sink full, stable, line;
    int skip_depth; /* > 0: inside a volatile value that began at this depth */
    bool in_workload;
};

static const char *key_at(const struct loader *loader, int depth)
{
    return loader->keys[depth].data == NULL ? "" : loader->keys[depth].data;
}

/* The volatile fields: the run object, and what the contract lists per cluster. */
static bool is_volatile(const struct loader *loader)
{
    static const char *const of_cluster[] = {"requests", "retries", "bytes", "duration_ms"};
    int depth = loader->depth;
    const char *key = key_at(loader, depth);
    if (depth == 1)
        return strcmp(key, "run") == 0;
    if (strcmp(key_at(loader, 1), "clusters") != 0 || loader->is_array[depth])
        return false;
    for (size_t i = 0; depth == 3 && i < sizeof of_cluster / sizeof of_cluster[0]; i++)
        if (strcmp(key, of_cluster[i]) == 0)
            return true;
    return strcmp(key, "attempts") == 0 && strcmp(key_at(loader, depth - 1), "error") == 0;
}

static void put(struct sink *sink, const struct loader *loader, int base, const char *text,
                size_t len, int change)
{
    int depth = loader->depth;
    bool closes = change < 0;
    if (!closes && sink->needs_comma[depth])
        e2e_puts(&sink->buf, ",");
    if (!closes && depth > base && !loader->is_array[depth]) {
        e2e_quote(&sink->buf, loader->keys[depth].data, loader->keys[depth].len);
        e2e_puts(&sink->buf, ":");
    }
    e2e_add(&sink->buf, text, len);
    sink->needs_comma[depth] = true;
    if (change > 0)
        sink->needs_comma[depth + 1] = false;
}

/* One token at the present depth: +1 opens, -1 closes (depth is already that of the parent). */
static int emit(struct loader *loader, const char *text, size_t len, int change)
{
    if (loader->depth + change >= MAX_DEPTH)
        return 0;
    bool is_record =
        loader->depth == 2 && loader->is_array[2] && strcmp(key_at(loader, 1), "workloads") == 0;
    if (is_record && change > 0) {
        loader->in_workload = true;
        loader->line.needs_comma[2] = false;
    }
    if (loader->in_workload) {
        put(&loader->line, loader, 2, text, len, change);
        if (is_record && change <= 0) {
            e2e_puts(&loader->line.buf, "\n");
            fwrite(loader->line.buf.data, 1, loader->line.buf.len, loader->report->workloads);
            loader->line.buf.len = 0;
            loader->report->workload_count++;
            loader->in_workload = false;
        }
    } else if (!is_record) {
        put(&loader->full, loader, 0, text, len, change);
        if (change >= 0 && loader->skip_depth == 0 && is_volatile(loader))
            loader->skip_depth = change > 0 ? loader->depth : -1;
        if (loader->skip_depth == 0)
            put(&loader->stable, loader, 0, text, len, change);
        if (loader->skip_depth == -1 || (change < 0 && loader->depth == loader->skip_depth))
            loader->skip_depth = 0;
    }
    if (change > 0) {
        loader->depth++;
        loader->keys[loader->depth].len = 0;
        e2e_add(&loader->keys[loader->depth], "", 0);
        loader->is_array[loader->depth] = text[0] == '[';
    }
    return 1;
}

static int on_null(void *arg)
{
    return emit(arg, "null", 4, 0);
}

static int on_boolean(void *arg, int value)
{
    return value ? emit(arg, "true", 4, 0) : emit(arg, "false", 5, 0);
}

static int on_number(void *arg, const char *text, size_t len)
{
    return emit(arg, text, len, 0);
}

static int on_string(void *arg, const unsigned char *text, size_t len)
{
    struct e2e_buf quoted = {0};
    e2e_quote(&quoted, (const char *)text, len);
    int result = emit(arg, quoted.data, quoted.len, 0);
    free(quoted.data);
    return result;
}

static int on_key(void *arg, const unsigned char *text, size_t len)
{
    struct loader *loader = arg;
    loader->keys[loader->depth].len = 0;
    e2e_add(&loader->keys[loader->depth], text, len);
    return 1;
}

static int on_begin_object(void *arg)
{
    return emit(arg, "{", 1, 1);
}

static int on_begin_array(void *arg)
{
    return emit(arg, "[", 1, 1);
}

static int on_end_object(void *arg)
{
    ((struct loader *)arg)->depth--;
    return emit(arg, "}", 1, -1);
}

static int on_end_array(void *arg)
{
    ((struct loader *)arg)->depth--;
    return emit(arg, "]", 1, -1);
}

static void parse(const char *path, struct loader *loader)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_map_key = on_key,
        .yajl_start_map = on_begin_object,
        .yajl_end_map = on_end_object,
        .yajl_start_array = on_begin_array,
        .yajl_end_array = on_end_array,
    };
    FILE *file = fopen(path, "re");
    yajl_handle parser = yajl_alloc(&callbacks, NULL, loader);
    if (file == NULL || parser == NULL)
        e2e_die("%s: %s", path, strerror(errno));
    unsigned char block[65536];
    size_t count = 0;
    yajl_status status = yajl_status_ok;
    while (status == yajl_status_ok && (count = fread(block, 1, sizeof block, file)) > 0)
        status = yajl_parse(parser, block, count);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    if (status != yajl_status_ok)
        e2e_die("%s: %s", path, (char *)yajl_get_error(parser, 0, block, count));
    yajl_free(parser);
    fclose(file);
}

/* Notes the class of every `error` within. */
static void note_classes(yajl_val value)
{
    if (YAJL_IS_ARRAY(value))
        for (size_t i = 0; i < value->u.array.len; i++)
            note_classes(value->u.array.values[i]);
    if (!YAJL_IS_OBJECT(value))
        return;
    yajl_val class = e2e_get(value, "error", "class", NULL);
    if (YAJL_IS_STRING(class))
        e2e_reached("class", class->u.string);
    for (size_t i = 0; i < value->u.object.len; i++)
        note_classes(value->u.object.values[i]);
}

struct e2e_report *e2e_load(const char *path)
{
    struct e2e_report *report = e2e_alloc(sizeof *report);
    struct loader loader = {.report = report};
    report->workloads = tmpfile();
    if (report->workloads == NULL)
        e2e_die("cannot make a temporary file: %s", strerror(errno));
    parse(path, &loader);
    char why[256];
    report->head = yajl_tree_parse(loader.full.buf.data, why, sizeof why);
    if (report->head == NULL)
        e2e_die("%s: %s", path, why);
    if (getenv("E2E_REACHED") != NULL)
        note_classes(report->head);
    report->stable = loader.stable.buf.data;
    free(loader.full.buf.data);
    free(loader.line.buf.data);
    for (int i = 0; i < MAX_DEPTH; i++)
        free(loader.keys[i].data);
    return report;
}

void e2e_report_free(struct e2e_report *report)
{
    if (report == NULL)
        return;
    yajl_tree_free(report->head);
    fclose(report->workloads);
    free(report->stable);
    free(report);
}

yajl_val e2e_get(yajl_val value, const char *key, ...)
{
    va_list keys;
    va_start(keys, key);
    for (; key != NULL && value != NULL; key = va_arg(keys, const char *)) {
        const char *path[] = {key, NULL};
        value = yajl_tree_get(value, path, yajl_t_any);
    }
    va_end(keys);
    return value;
}

const char *e2e_text(yajl_val value)
{
    if (value == NULL)
        return "(none)";
    switch (value->type) {
    case yajl_t_string:
        return value->u.string;
    case yajl_t_number:
        return YAJL_GET_NUMBER(value);
    case yajl_t_object:
        return "{object}";
    case yajl_t_array:
        return "[array]";
    case yajl_t_true:
        return "true";
    case yajl_t_false:
        return "false";
    default:
        return "null";
    }
}

yajl_val e2e_cluster(const struct e2e_report *report, const char *name)
{
    yajl_val clusters = e2e_get(report->head, "clusters", NULL);
    for (size_t i = 0; YAJL_IS_ARRAY(clusters) && i < clusters->u.array.len; i++)
        if (strcmp(e2e_text(e2e_get(clusters->u.array.values[i], "name", NULL)), name) == 0)
            return clusters->u.array.values[i];
    return NULL;
}

bool e2e_same(const struct e2e_report *a, const struct e2e_report *b)
{
    size_t at = 0;
    while (a->stable[at] != '\0' && a->stable[at] == b->stable[at])
        at++;
    if (a->stable[at] != b->stable[at]) {
        size_t from = at < 80 ? 0 : at - 80;
        fprintf(stderr, "    reports differ:\n      %.200s\n      %.200s\n", a->stable + from,
                b->stable + from);
        return false;
    }
    rewind(a->workloads);
    rewind(b->workloads);
    char *x = NULL, *y = NULL;
    size_t x_size = 0, y_size = 0;
    bool is_same = true;
    for (;;) {
        ssize_t x_len = getline(&x, &x_size, a->workloads);
        ssize_t y_len = getline(&y, &y_size, b->workloads);
        if (x_len < 0 && y_len < 0)
            break;
        if (x_len != y_len || memcmp(x, y, (size_t)x_len) != 0) {
            fprintf(stderr, "    workloads differ:\n      %s      %s", x_len < 0 ? "(none)\n" : x,
                    y_len < 0 ? "(none)\n" : y);
            is_same = false;
            break;
        }
    }
    free(x);
    free(y);
    return is_same;
}
