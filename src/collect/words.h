/* What a failed request says for people: the error plus the server's own words. */
#ifndef ROLLCALL_WORDS_H
#define ROLLCALL_WORDS_H

#include "rollcall/engine.h"
#include "rollcall/error.h"
#include "rollcall/str.h"

/*
 * Turns "HTTP 500" into "HTTP 500 (boom)" when the answer's body had something to say. Servers
 * quote requests: each of the `hidden` texts (the token, the secret) and the values of the
 * configured headers are hidden, as hide() does.
 */
void words_add(struct error *error, const struct outcome *outcome, const char *const *headers,
               const struct str *hidden, size_t hidden_count);

#endif
