/* The control plane's answers. */
#ifndef FLEETSIM_CONTROL_H
#define FLEETSIM_CONTROL_H

#include "answer.h"

void control_answer(struct sim *sim, const struct question *question, struct answer *answer);

/* Parts of answers, shared with the clusters. */
void answer_header(struct answer *answer, const char *name, const char *value);
void answer_error(struct answer *answer, int status, const char *message);
/* Applies what replaces the whole answer; false when the right answer is still to be given. */
bool answer_apply_fault(struct answer *answer, const struct fault *fault, const char *message);
/* Applies what spoils a right answer's content or bytes. */
void answer_tamper(struct answer *answer, const struct fault *fault);

#endif
