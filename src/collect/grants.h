/* How each grant asks for a token: a table, so that a further grant is a further row. */
#ifndef ROLLCALL_GRANTS_H
#define ROLLCALL_GRANTS_H

#include "rollcall/buf.h"
#include "rollcall/config.h"
#include "rollcall/str.h"

struct grant_ops {
    const char *path; /* behind the control plane's URL; NULL: the token is given, not asked */
    const char *content_type;
    /* Appends the request's body, which holds the secret: `out` is reserved and will be wiped. */
    bool (*make_body)(const struct control_plane_config *config, struct str secret,
                      struct buf *out);
    bool takes_id_token;      /* where the answer has no access token */
    bool keeps_refresh_token; /* the answer's takes the secret's place in the next request */
};

const struct grant_ops *grant_find(enum grant grant);

/* The URL to ask for a token: token_path, else the grant's own path with the realm in its place.
 * Owned by the caller; not for the grant `token`. */
char *grant_url(const struct control_plane_config *config);

#endif
