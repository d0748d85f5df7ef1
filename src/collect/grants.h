/* How each grant asks for a token: a table, so that a further grant is a further row. */
#ifndef ROLLCALL_GRANTS_H
#define ROLLCALL_GRANTS_H

#include "rollcall/buf.h"
#include "rollcall/config.h"
#include "rollcall/secret.h"

struct grant_ops {
    const char *path; /* behind the control plane's URL; NULL: the token is given, not asked */
    const char *content_type;
    /* Appends the request's body, which holds the secret: `out` is reserved and will be wiped. */
    bool (*make_body)(const struct control_plane_config *config, const struct secret *secret,
                      struct buf *out);
};

const struct grant_ops *grant_find(enum grant grant);

/* The URL to ask for a token: token_path, else the grant's own path with the realm in its place.
 * Owned by the caller; not for the grant `token`. */
char *grant_url(const struct control_plane_config *config);

#endif
