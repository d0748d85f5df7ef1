/* Shared by the files of the control plane. */
#ifndef FLEETSIM_CONTROL_INTERNAL_H
#define FLEETSIM_CONTROL_INTERNAL_H

#include "control.h"

/* What a token request says, and where the secret stands in its body. */
struct credentials {
    struct text grant, id, secret, scope;
    size_t secret_at, secret_len;
    bool is_app;     /* the identity is an application's */
    char secret_key; /* the first letter of the secret's key, in lower case */
};

/* control_json.c */
bool control_read_json(const char *body, size_t len, struct credentials *credentials);

/* control_token.c: whether this is the path of a token endpoint, and if so its answer. *is_fault:
 * whether a fault is what was served. */
bool control_answer_token(struct sim *sim, const struct question *question, struct answer *answer,
                          bool *is_fault);

/* control_lists.c: likewise everything else that it can be asked for. */
bool control_answer_list(struct sim *sim, const struct question *question, struct answer *answer,
                         bool *is_fault, const struct fault **fault);

/* {"code":...,"message":...} */
void control_error(struct answer *answer, int status, const char *message);

#endif
