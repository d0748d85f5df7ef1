/* The tokens issued so far, each one generation, and whether one is accepted. */
#ifndef FLEETSIM_TOKENS_H
#define FLEETSIM_TOKENS_H

#include <pthread.h>
#include <stddef.h>

#include "fleet.h"

struct tokens {
    pthread_mutex_t lock;
    char **issued;
    long *uses;
    int64_t *issued_ms;
    size_t count;
};

void tokens_init(struct tokens *tokens);
void tokens_free(struct tokens *tokens);

/* Issues the next generation; borrowed until tokens_free(). */
const char *tokens_issue(struct tokens *tokens, const struct control *control);

/*
 * Judges an Authorization header (NULL: none) and counts its use. `cluster` is who was called, NULL
 * for the control plane. `presented` gets what the log says: "none", "bad", "preset", "own" or the
 * generation's number.
 */
bool tokens_accept(struct tokens *tokens, const struct control *control,
                   const struct cluster *cluster, const char *header, char presented[24]);

/* The one token of a cluster that has its own. */
void tokens_own(const struct cluster *cluster, struct text *out);

#endif
