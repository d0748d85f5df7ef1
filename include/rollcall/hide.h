/* Keeping secrets out of what strangers said before it is shown: servers and commands quote what
 * they were given. */
#ifndef ROLLCALL_HIDE_H
#define ROLLCALL_HIDE_H

#include "rollcall/buf.h"
#include "rollcall/str.h"

#define HIDE_MARK "[hidden]"

/* So much of a secret is told apart from chance. */
#define HIDE_RECOGNISED_BYTES 6

/*
 * Replaces every occurrence of `secret` in `text` by HIDE_MARK: as it is, as a JSON string writes
 * it (with whatever escapes), as a form or URL carries it, and where the text's end cuts it off
 * behind at least HIDE_RECOGNISED_BYTES. Without a value, or empty: nothing is done. The bytes that
 * were replaced are wiped. What does not fit below the ceiling of `text` is left out.
 */
void hide(struct buf *text, struct str secret);

/* The same for the values of headers ("Name: value", NULL-terminated; NULL: none) that a user has
 * configured, where API keys are found; values below HIDE_RECOGNISED_BYTES are none. */
void hide_headers(struct buf *text, const char *const *headers);

#endif
