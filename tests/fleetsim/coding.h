/* Content codings, written by hand: real ones, broken ones, and bombs. */
#ifndef FLEETSIM_CODING_H
#define FLEETSIM_CODING_H

#include "answer.h"

/* Wraps bytes as gzip: stored, but for long runs of NUL. */
void coding_gzip(struct text *content);

/* The coding of this name becomes the fault's, with the error it must cause; false: there is none.
 */
bool coding_find(const char *name, struct fault *fault);

/* Encodes the answer's content so, and says so in its headers. */
void coding_apply(struct answer *answer, const struct fault *fault);

#endif
