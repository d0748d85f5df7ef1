#include "grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/text.h"

enum { GAP = 2, LAST_COLUMN_MIN = 12 };

/* A token is at most 1 MiB, and a byte of it takes at most four to be printable. */
static const size_t text_max_bytes = (size_t)8 << 20;

struct cell {
    const char *text; /* in the arena */
    const char *color;
    size_t columns;
};

struct grid {
    struct arena *arena;
    size_t columns;
    unsigned right;
    struct cell *cells; /* owned */
    size_t count;
    size_t cap;
    size_t widths[GRID_COLUMNS];
};

struct grid *grid_new(size_t columns, unsigned right)
{
    assert(columns > 0 && columns <= GRID_COLUMNS);
    struct grid *grid = mem_new(1, sizeof *grid);
    *grid = (struct grid){.arena = arena_new(), .columns = columns, .right = right};
    return grid;
}

void grid_free(struct grid *grid)
{
    if (grid == NULL)
        return;
    arena_free(grid->arena);
    free(grid->cells);
    free(grid);
}

static size_t character_bytes(const char *text)
{
    unsigned char lead = (unsigned char)*text;
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* How many bytes of printable text fit into so many columns. */
static size_t fitting_bytes(const char *text, size_t len, size_t max_columns)
{
    size_t used = 0, columns = 0;
    while (used < len) {
        size_t bytes = character_bytes(text + used);
        columns += text_columns(text + used, bytes);
        if (columns > max_columns)
            break;
        used += bytes;
    }
    return used;
}

/* Appends printable text, with an ellipsis in its last column when it had to be cut. */
static void append_cut(struct buf *out, const char *text, size_t len, size_t max_columns)
{
    if (max_columns == 0 || text_columns(text, len) <= max_columns) {
        buf_append(out, text, len);
        return;
    }
    buf_append(out, text, fitting_bytes(text, len, max_columns - 1));
    buf_append_str(out, "…");
}

char *grid_text(struct str text, size_t max_columns)
{
    struct buf printable, cut;
    buf_init(&printable, text_max_bytes);
    buf_init(&cut, text_max_bytes);
    if (text.data == NULL)
        text = str_of("-");
    text_printable(text.data, text.len, &printable);
    if (printable.len > 0)
        append_cut(&cut, printable.data, printable.len, max_columns);
    buf_free(&printable);
    return buf_take(&cut);
}

void grid_add(struct grid *grid, struct str text, size_t max_columns, const char *color)
{
    char *shown = grid_text(text, max_columns);
    size_t len = strlen(shown);
    if (grid->count == grid->cap) {
        grid->cap = grid->cap == 0 ? 64 : grid->cap * 2;
        grid->cells = mem_resize(grid->cells, grid->cap, sizeof *grid->cells);
    }
    struct cell *cell = &grid->cells[grid->count];
    *cell = (struct cell){.text = arena_copy(grid->arena, shown, len),
                          .color = color,
                          .columns = text_columns(shown, len)};
    size_t *width = &grid->widths[grid->count % grid->columns];
    if (cell->columns > *width)
        *width = cell->columns;
    grid->count++;
    free(shown);
}

void grid_color(struct buf *line, const char *text, const char *color, bool has_color)
{
    if (has_color && color != NULL)
        buf_printf(line, "\033[%sm%s\033[0m", color, text);
    else
        buf_append_str(line, text);
}

static void append_spaces(struct buf *line, size_t count)
{
    while (count-- > 0)
        buf_append_char(line, ' ');
}

/* The columns that the terminal leaves for the last one; 0: as many as it likes. */
static size_t last_column_max(const struct grid *grid, size_t terminal_columns)
{
    if (terminal_columns == 0)
        return 0;
    size_t before = 0;
    for (size_t i = 0; i + 1 < grid->columns; i++)
        before += grid->widths[i] + GAP;
    return before + LAST_COLUMN_MIN > terminal_columns ? LAST_COLUMN_MIN
                                                       : terminal_columns - before;
}

static void format_row(const struct grid *grid, const struct cell *row, size_t last_max,
                       bool has_color, struct buf *line)
{
    size_t pending = 0; /* spaces that are written only when something follows */
    for (size_t i = 0; i < grid->columns; i++) {
        size_t padding = grid->widths[i] - row[i].columns;
        bool is_right = (grid->right >> i & 1) != 0;
        if (row[i].columns > 0) {
            append_spaces(line, pending + (is_right ? padding : 0));
            pending = is_right ? 0 : padding;
            if (i + 1 == grid->columns && !is_right)
                append_cut(line, row[i].text, strlen(row[i].text), last_max);
            else
                grid_color(line, row[i].text, row[i].color, has_color);
        } else {
            pending += padding;
        }
        pending += GAP;
    }
    buf_append_char(line, '\n');
}

bool grid_print(const struct grid *grid, size_t terminal_columns, bool has_color,
                struct outfile *out)
{
    size_t last_max = last_column_max(grid, terminal_columns);
    struct buf line;
    buf_init(&line, text_max_bytes);
    bool is_ok = true;
    for (size_t i = 0; is_ok && i + grid->columns <= grid->count; i += grid->columns) {
        buf_clear(&line);
        format_row(grid, &grid->cells[i], last_max, has_color, &line);
        is_ok = outfile_write(out, line.data, line.len);
    }
    buf_free(&line);
    return is_ok;
}
