#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "rollcall/text.h"

#define PROBLEM_MAX_BYTES 65536

const char *config_intern(struct loader *l, const char *file, bool *is_fresh)
{
    if (is_fresh != NULL)
        *is_fresh = false;
    for (size_t i = l->current_files; i < l->file_count; i++)
        if (strcmp(l->files[i], file) == 0)
            return l->files[i];
    l->files = mem_resize(l->files, l->file_count + 1, sizeof *l->files);
    const char *name = arena_strdup(l->arena, file);
    l->files[l->file_count++] = name;
    if (is_fresh != NULL)
        *is_fresh = true;
    return name;
}

/* libconfig 1.5 remembers the name as it stands in @include, later ones the path they opened. */
const char *config_included_file(struct loader *l, const char *included)
{
    if (l->directory[0] == '\0' && strncmp(included, "./", 2) == 0)
        included += 2;
    for (size_t i = l->current_files; i < l->file_count; i++)
        if (strcmp(l->files[i], included) == 0)
            return l->files[i];
    return config_intern(l, config_join(l, included), NULL);
}

struct place config_place(struct loader *l, const config_setting_t *setting)
{
    struct place place = {l->current, config_setting_source_line(setting)};
    const char *included = config_setting_source_file(setting);
    if (included != NULL)
        place.file = config_included_file(l, included);
    if (place.line == 0)
        place.line = 1;
    return place;
}

const char *config_where(struct loader *l, const config_setting_t *setting)
{
    struct place place = config_place(l, setting);
    char *where = mem_printf("%s:%u", place.file, place.line);
    const char *kept = arena_strdup(l->arena, where);
    free(where);
    return kept;
}

/* Most problems are in the file that was read last, so the search begins there. */
static size_t find_rank(const struct loader *l, const char *file)
{
    for (size_t i = l->file_count; i > 0; i--)
        if (l->files[i - 1] == file)
            return i;
    return 0;
}

static void add_problem(struct loader *l, struct place place, bool is_warning, const char *format,
                        va_list args) __attribute__((format(printf, 4, 0)));

static void add_problem(struct loader *l, struct place place, bool is_warning, const char *format,
                        va_list args)
{
    char *what = NULL;
    if (vasprintf(&what, format, args) < 0)
        what = mem_strdup(format);
    char *whole = place.line == 0 ? mem_printf("%s: %s", place.file, what)
                                  : mem_printf("%s:%u: %s", place.file, place.line, what);
    struct buf text;
    buf_init(&text, PROBLEM_MAX_BYTES);
    text_printable(whole, strnlen(whole, PROBLEM_MAX_BYTES / 16), &text);
    free(whole);
    free(what);

    l->problems = mem_resize(l->problems, l->problem_count + 1, sizeof *l->problems);
    l->problems[l->problem_count] = (struct problem){.place = place,
                                                     .rank = find_rank(l, place.file),
                                                     .order = l->problem_count,
                                                     .text = buf_take(&text),
                                                     .is_warning = is_warning};
    l->problem_count++;
}

void config_problem_at(struct loader *l, struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(l, place, false, format, args);
    va_end(args);
}

void config_warning_at(struct loader *l, struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(l, place, true, format, args);
    va_end(args);
}

void config_problem(struct loader *l, const config_setting_t *setting, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(l, config_place(l, setting), false, format, args);
    va_end(args);
}

bool config_has_overflow(struct loader *l, const config_setting_t *setting)
{
    if (l->overflow_count == 0)
        return false;
    struct place place = config_place(l, setting);
    for (size_t i = 0; i < l->overflow_count; i++)
        if (l->overflows[i].line == place.line && l->overflows[i].file == place.file)
            return true;
    return false;
}

static int compare_problems(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

size_t config_report_problems(struct loader *l, config_report_fn *report, void *arg)
{
    size_t count = l->problem_count, errors = 0;
    if (count > 0)
        qsort(l->problems, count, sizeof *l->problems, compare_problems);
    for (size_t i = 0; i < count; i++) {
        errors += !l->problems[i].is_warning;
        report(arg, l->problems[i].is_warning, l->problems[i].text);
        free(l->problems[i].text);
    }
    free(l->problems);
    l->problems = NULL;
    l->problem_count = 0;
    return errors;
}

void config_list_names(struct buf *out, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (i > 0)
            buf_append_str(out, ", ");
        buf_append_str(out, names[i]);
    }
}

void config_problem_unknown(struct loader *l, const config_setting_t *setting, const char *what,
                            const char *word, const char *where, const char *const *names)
{
    const char *nearest = text_nearest(word, names);
    if (nearest != NULL) {
        config_problem(l, setting, "unknown %s \"%.64s\"%s; did you mean \"%s\"?", what, word,
                       where, nearest);
        return;
    }
    struct buf known;
    buf_init(&known, PROBLEM_MAX_BYTES);
    config_list_names(&known, names);
    config_problem(l, setting, "unknown %s \"%.64s\"%s; known: %s", what, word, where,
                   known.data == NULL ? "none" : known.data);
    buf_free(&known);
}
