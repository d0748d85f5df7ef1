/*
 * The words of a source that the vocabulary has no meaning for, for a cluster's warnings: of phases
 * and of types, the first few words in byte order, each with the number of its workloads and a
 * workload's name. What is kept is bounded and depends on the records only, not on their order.
 */
#ifndef COLLECT_UNKNOWN_WORDS_H
#define COLLECT_UNKNOWN_WORDS_H

#include "rollcall/record.h"

struct unknown_words; /* NULL is none */

/* Notes the words of a workload, if they are unknown. *words is made when the first one is. */
void unknown_words_note(struct unknown_words **words, const struct workload *workload);

/* Adds what is in *from to *into and leaves *from empty. */
void unknown_words_move(struct unknown_words **from, struct unknown_words **into);

/* Frees what is there and leaves *words empty. */
void unknown_words_clear(struct unknown_words **words);

/* Calls `tell` with each warning, borrowed until it returns. */
void unknown_words_tell(const struct unknown_words *words,
                        void (*tell)(void *arg, const char *text), void *arg);

#endif
