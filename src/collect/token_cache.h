/*
 * A token that outlives the run, so that shards and frequent cron runs cost one. A file of mode
 * 0600 holds one token with the control plane and client it belongs to. Whatever is wrong with it,
 * the token is asked for instead: the cache is never an error.
 */
#ifndef ROLLCALL_TOKEN_CACHE_H
#define ROLLCALL_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/config.h"

struct token_times {
    int64_t renew_at_ms;   /* clock_real_ms() from which it is renewed; 0: not known */
    int64_t expires_at_ms; /* 0: not known */
};

/* Appends the cached token for this control plane and client; false when there is none that is
 * still worth using. The file has to be ours and closed to others. */
bool token_cache_read(const struct control_plane_config *config, int64_t now_ms, struct buf *token,
                      struct token_times *times);

/* Keeps a token whose end is known. */
void token_cache_write(const struct control_plane_config *config, const struct buf *token,
                       const struct token_times *times);

#endif
