#include "rollcall/options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/text.h"

#define HELP_COLUMN 26

/* What getopt returns for row i when it has no letter of its own. */
#define CODE_BASE 256

static size_t count_rows(const struct option_row *rows)
{
    size_t count = 0;
    while (rows[count].kind != OPTION_END)
        count++;
    return count;
}

void option_list_free(struct option_list *list)
{
    free(list->items);
    *list = (struct option_list){0};
}

static void apply(const struct option_row *row, const char *value)
{
    struct option_list *list = row->target;
    switch (row->kind) {
    case OPTION_END:
        break;
    case OPTION_FLAG:
        *(bool *)row->target = true;
        break;
    case OPTION_COUNT:
        *(unsigned *)row->target += 1;
        break;
    case OPTION_TEXT:
        *(const char **)row->target = value;
        break;
    case OPTION_LIST:
        list->items = mem_resize(list->items, list->count + 2, sizeof(*list->items));
        list->items[list->count++] = value;
        list->items[list->count] = NULL;
        break;
    }
}

static void set_unknown_error(const struct option_row *rows, const char *word, struct error *error)
{
    size_t count = count_rows(rows);
    const char **names = mem_new(count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    char *name = mem_copy(word, strcspn(word, "="));
    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        error_set(error, ERR_INTERNAL, "unknown option --%s (did you mean --%s?)", name, nearest);
    else
        error_set(error, ERR_INTERNAL, "unknown option --%s", name);
    free(name);
    free(names);
}

/* getopt has said '?' or ':'; `word` is the argument it stumbled over. */
static void set_error(const struct option_row *rows, int code, const char *word,
                      struct error *error)
{
    /* Unknown long options leave 0, known ones their code, and letters themselves. */
    bool is_long = optopt == 0 || optopt >= CODE_BASE;
    const struct option_row *row = NULL;
    for (size_t i = 0; rows[i].kind != OPTION_END; i++)
        if (optopt != 0 && (optopt == rows[i].letter || optopt == CODE_BASE + (int)i))
            row = &rows[i];
    if (code == ':' && row != NULL)
        error_set(error, ERR_INTERNAL, "--%s needs a value: %s", row->name, row->argument);
    else if (is_long && row != NULL)
        error_set(error, ERR_INTERNAL, "--%s takes no value", row->name);
    else if (is_long && word != NULL && strncmp(word, "--", 2) == 0)
        set_unknown_error(rows, word + 2, error);
    else
        error_set(error, ERR_INTERNAL, "unknown option -%c", optopt);
}

int options_parse(const struct option_row *rows, int argc, char **argv, bool stop_at_command,
                  struct error *error)
{
    size_t count = count_rows(rows);
    struct option *longs = mem_new(count + 1, sizeof(*longs));
    char *shorts = mem_new(2 * count + 3, 1);
    size_t used = 0;
    if (stop_at_command)
        shorts[used++] = '+';
    shorts[used++] = ':';
    for (size_t i = 0; i < count; i++) {
        longs[i].name = rows[i].name;
        longs[i].has_arg = rows[i].argument != NULL ? required_argument : no_argument;
        longs[i].val = CODE_BASE + (int)i;
        if (rows[i].letter == '\0')
            continue;
        shorts[used++] = rows[i].letter;
        if (rows[i].argument != NULL)
            shorts[used++] = ':';
    }
    int result = -1;
    int code;
    optind = 0; /* 0, not 1: GNU getopt starts anew, whatever it did before */
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == '?' || code == ':') {
            set_error(rows, code, argv[optind - 1], error);
            goto out;
        }
        size_t i = 0;
        while (code != rows[i].letter && code != CODE_BASE + (int)i)
            i++;
        apply(&rows[i], optarg);
    }
    result = optind;
out:
    free(longs);
    free(shorts);
    return result;
}

void options_print(const struct option_row *rows, FILE *out)
{
    for (const struct option_row *row = rows; row->kind != OPTION_END; row++) {
        int width =
            row->letter != '\0' ? fprintf(out, "  -%c, ", row->letter) : fprintf(out, "      ");
        width += fprintf(out, "--%s", row->name);
        if (row->argument != NULL)
            width += fprintf(out, " %s", row->argument);
        if (width >= HELP_COLUMN)
            width = fprintf(out, "\n") - 1;
        fprintf(out, "%*s", HELP_COLUMN - width, "");
        for (const char *line = row->help; *line != '\0';) {
            size_t len = strcspn(line, "\n");
            fprintf(out, "%.*s\n", (int)len, line);
            line += len;
            if (*line == '\n' && *++line != '\0')
                fprintf(out, "%*s", HELP_COLUMN, "");
        }
    }
}
