/*
 * Rows of cells in aligned columns, for people to read. Texts from anywhere: what is added is made
 * printable first.
 */
#ifndef GRID_H
#define GRID_H

#include <stddef.h>

#include "rollcall/buf.h"
#include "rollcall/outfile.h"
#include "rollcall/str.h"

#define GRID_COLUMNS 4

struct grid;

/* `right`: a bit for each column that is aligned to the right. */
struct grid *grid_new(size_t columns, unsigned right);
void grid_free(struct grid *grid);

/* Adds the next cell, row by row, cut to `max_columns` (0: not cut); `color` is an SGR parameter
 * ("31") or NULL, borrowed. "No value" shows as "-". */
void grid_add(struct grid *grid, struct str text, size_t max_columns, const char *color);

/* The text as a cell shows it: printable and cut; free() it. */
char *grid_text(struct str text, size_t max_columns);

/* Writes all rows. The last column is cut where the terminal ends (0: it does not end). */
bool grid_print(const struct grid *grid, size_t terminal_columns, bool has_color,
                struct outfile *out);

/* Appends text in a colour, if there are colours. */
void grid_color(struct buf *line, const char *text, const char *color, bool has_color);

#endif
