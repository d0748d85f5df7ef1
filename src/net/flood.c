#include "flood.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* Some tenths of a second's worth of the smallest frames. */
#define FUTILE_MAX_BYTES ((size_t)1024 * 1024)
/* A record costs this even when it is empty, and a piece of an answer makes up for the largest one:
 * an answer in the smallest frames is no flood. */
#define RECORD_COST_BYTES   64
#define ANSWER_CREDIT_BYTES ((size_t)17 * 1024)

/* Before its first handshake is over. One that was ended and freed may have been at this address in
 * the same turn. */
static bool is_new(const SSL *ssl)
{
    char finished;
    return SSL_get_finished(ssl, &finished, sizeof finished) == 0;
}

/* Called for each part of TLS that is sent or received. An end by the peer is feigned, which
 * libcurl reports as that of the connection. */
static void on_tls(int is_sent, int version, int type, const void *data, size_t len, SSL *ssl,
                   void *arg)
{
    (void)version;
    struct flood *flood = arg;
    const unsigned char *bytes = data;
    if (flood->ssl != ssl || (is_sent && type == SSL3_RT_HANDSHAKE && is_new(ssl)))
        *flood = (struct flood){.ssl = ssl};
    if (is_sent || type != SSL3_RT_HEADER || len < SSL3_RT_HEADER_LENGTH)
        return;
    flood->futile_bytes += RECORD_COST_BYTES + ((size_t)bytes[3] << 8 | bytes[4]);
    if (flood->futile_bytes > FUTILE_MAX_BYTES)
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void flood_watch(struct flood *flood, void *ssl_ctx)
{
    SSL_CTX_set_msg_callback(ssl_ctx, on_tls);
    SSL_CTX_set_msg_callback_arg(ssl_ctx, flood);
}

void flood_next_turn(struct flood *flood)
{
    *flood = (struct flood){0};
}

void flood_note_answer(struct flood *flood)
{
    flood->futile_bytes -=
        flood->futile_bytes < ANSWER_CREDIT_BYTES ? flood->futile_bytes : ANSWER_CREDIT_BYTES;
}
