/* What a failed request says for people: the error plus the server's own words. */
#ifndef ROLLCALL_WORDS_H
#define ROLLCALL_WORDS_H

#include "rollcall/engine.h"
#include "rollcall/error.h"

/* Turns "HTTP 500" into "HTTP 500 (boom)" when the answer's body had something to say. */
void words_add(struct error *error, const struct outcome *outcome);

#endif
