/*
 * Trust stores: each distinct file of CA certificates is parsed once and shared by all connections.
 *
 * libcurl's own cache holds one file and works only without a CApath, which Debian's build sets by
 * default; parsing the system's bundle anew costs 24 ms of CPU a connection. So libcurl is given no
 * CA at all, and its SSL_CTX gets a shared X509_STORE.
 */
#ifndef ROLLCALL_TRUST_H
#define ROLLCALL_TRUST_H

#include <stdbool.h>

#include "rollcall/error.h"

struct trust;
struct trust_store; /* owned by its struct trust */

struct trust *trust_new(void);
void trust_free(struct trust *trust); /* accepts NULL */

/* The store of `ca_file`, or the system's for NULL ($SSL_CERT_FILE, else what libcurl was built
 * for, else OpenSSL's default). NULL after filling `error` (ERR_TLS, names the file). */
struct trust_store *trust_get(struct trust *trust, const char *ca_file, struct error *error);

/* Gives the store to `ssl_ctx` (an SSL_CTX *); false when OpenSSL refuses. */
bool trust_apply(struct trust_store *store, void *ssl_ctx);

/* From now on OpenSSL wipes what this connection (an SSL *) received once it was read. What is sent
 * it encrypts where it copied it to. */
void trust_wipe_received(void *ssl);

/* Seconds since 1970 at which the certificate of the peer of `ssl` (an SSL *) expires; 0: unknown.
 */
long long trust_peer_expiry_s(void *ssl);

/* OpenSSL's words for a verification result, as CURLINFO_SSL_VERIFYRESULT gives it. */
const char *trust_verify_text(long result);

#endif
