#include "trust.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rollcall/mem.h"

#define CAUSE_BYTES 128

struct trust_store {
    char *file; /* owned; NULL: the system's */
    X509_STORE *x509;
    struct trust_store *next;
};

struct trust {
    struct trust_store *first;
};

struct trust *trust_new(void)
{
    return mem_new(1, sizeof(struct trust));
}

static void store_free(struct trust_store *store)
{
    X509_STORE_free(store->x509);
    free(store->file);
    free(store);
}

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    while (trust->first != NULL) {
        struct trust_store *store = trust->first;
        trust->first = store->next;
        store_free(store);
    }
    free(trust);
}

/* Says why a file could not be loaded: OpenSSL's first error is the system's if there is one. */
static bool load(X509_STORE *x509, const char *file, char cause[CAUSE_BYTES])
{
    ERR_clear_error();
    if (X509_STORE_load_locations(x509, file, NULL) == 1)
        return true;
    unsigned long first = ERR_peek_error();
    snprintf(cause, CAUSE_BYTES, "%s",
             ERR_SYSTEM_ERROR(first) ? strerror(ERR_GET_REASON(first))
                                     : "it holds no readable PEM certificate");
    return false;
}

/* Where the system keeps its certificates, as an administrator of OpenSSL programs expects it. */
static bool load_system(X509_STORE *x509, struct error *error)
{
    const char *file = getenv("SSL_CERT_FILE");
    if (file == NULL || *file == '\0')
        file = curl_version_info(CURLVERSION_NOW)->cainfo;
    if (file != NULL) {
        char cause[CAUSE_BYTES];
        if (load(x509, file, cause))
            return true;
        return error_set(error, ERR_TLS,
                         "cannot read the system's CA certificates from %s: %s (install the "
                         "package ca-certificates, or set ca_file)",
                         file, cause);
    }
    if (X509_STORE_set_default_paths(x509) == 1)
        return true;
    return error_set(error, ERR_TLS, "the system has no CA certificates: set ca_file");
}

static bool load_file(X509_STORE *x509, const char *file, struct error *error)
{
    char cause[CAUSE_BYTES];
    if (load(x509, file, cause))
        return true;
    return error_set(error, ERR_TLS, "cannot read ca_file %s: %s", file, cause);
}

static struct trust_store *store_load(const char *file, struct error *error)
{
    struct trust_store *store = mem_new(1, sizeof(*store));
    store->file = file == NULL ? NULL : mem_strdup(file);
    store->x509 = X509_STORE_new();
    bool is_loaded = store->x509 != NULL;
    if (!is_loaded)
        error_set(error, ERR_INTERNAL, "OpenSSL cannot make a certificate store");
    else
        is_loaded =
            file == NULL ? load_system(store->x509, error) : load_file(store->x509, file, error);
    /* As libcurl sets them: a trusted intermediate suffices, and is looked for first. */
    if (is_loaded)
        X509_STORE_set_flags(store->x509, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    ERR_clear_error();
    if (is_loaded)
        return store;
    store_free(store);
    return NULL;
}

static bool is_same_file(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct trust_store *trust_get(struct trust *trust, const char *ca_file, struct error *error)
{
    for (struct trust_store *store = trust->first; store != NULL; store = store->next)
        if (is_same_file(store->file, ca_file))
            return store;
    struct trust_store *store = store_load(ca_file, error);
    if (store == NULL)
        return NULL;
    store->next = trust->first;
    trust->first = store;
    return store;
}

bool trust_apply(struct trust_store *store, void *ssl_ctx)
{
    if (X509_STORE_up_ref(store->x509) != 1)
        return false;
    SSL_CTX_set_cert_store(ssl_ctx, store->x509);
    return true;
}

void trust_wipe_received(void *ssl)
{
    SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

long long trust_peer_expiry_s(void *ssl)
{
    X509 *certificate = SSL_get_peer_certificate(ssl);
    if (certificate == NULL)
        return 0;
    struct tm tm;
    long long expiry_s = 0;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1)
        expiry_s = (long long)timegm(&tm);
    X509_free(certificate);
    return expiry_s;
}

const char *trust_verify_text(long result)
{
    return X509_verify_cert_error_string(result);
}
