/*
 * The simulator's certificate authority, made anew at each start: ECDSA P-256, dates fixed far in
 * the past and the future, so that reports do not differ between starts.
 */
#ifndef FLEETSIM_CERTS_H
#define FLEETSIM_CERTS_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stddef.h>

#include "util.h"

enum cert_kind {
    CERT_GOOD,
    CERT_WRONG_NAME,
    CERT_EXPIRED,
    CERT_NOT_YET,
    CERT_SELF_SIGNED,
    CERT_CN_ONLY, /* the last address, in the subject's common name */
    /* issued by an intermediate authority of an intermediate authority, which the chain names in
     * the right order, in the wrong one, or not at all */
    CERT_CHAIN,
    CERT_CHAIN_DISORDERED,
    CERT_CHAIN_MISSING,
    CERT_KINDS
};

struct authority;

struct authority *authority_new(void);
void authority_free(struct authority *authority);

/* The authority's own certificate as PEM. */
void authority_pem(const struct authority *authority, struct text *out);

/* A name that all further certificates have beside their addresses; borrowed. */
void authority_add_name(struct authority *authority, const char *dns_name);

/* A certificate of one kind that names all these addresses, its chain behind it, and its key, as
 * PEM. */
void authority_issue(struct authority *authority, enum cert_kind kind, const struct in_addr *addrs,
                     size_t count, struct text *cert, struct text *key);

/* A server context with what authority_issue() gave. */
SSL_CTX *certs_context(const struct text *cert, const struct text *key);

#endif
