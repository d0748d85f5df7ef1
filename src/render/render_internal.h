/* The formats of render.c's table, each in a file of its own. */
#ifndef RENDER_INTERNAL_H
#define RENDER_INTERNAL_H

#include "rollcall/render.h"

render_fn render_json;
render_fn render_table;

#endif
