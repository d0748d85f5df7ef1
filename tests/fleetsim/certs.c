#include "certs.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define INTERMEDIATES 2

struct signer {
    EVP_PKEY *key;
    X509 *cert;
};

struct authority {
    struct signer root;
    struct signer intermediates[INTERMEDIATES]; /* the root's, and that one's */
    long serial;
    const char *dns_name; /* borrowed; NULL: certificates name addresses only */
};

/* OpenSSL's functions return 1 (or a pointer) when all is well. */
static void must(bool ok, const char *what)
{
    if (!ok)
        die("OpenSSL: %s: %s", what, ERR_reason_error_string(ERR_get_error()));
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static X509 *new_cert(EVP_PKEY *key, long serial, const char *name, const char *from,
                      const char *until)
{
    X509 *cert = X509_new();
    must(cert != NULL && X509_set_version(cert, 2) == 1, "certificate");
    must(ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1, "serial number");
    must(ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), from) == 1 &&
             ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), until) == 1,
         "validity");
    X509_NAME *subject = X509_get_subject_name(cert);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                    -1, 0) == 1,
         "subject");
    must(X509_set_pubkey(cert, key) == 1, "public key");
    return cert;
}

/* An authority under another one (NULL: under none). */
static struct signer new_signer(struct authority *authority, const char *name,
                                const struct signer *parent)
{
    struct signer own = {.key = EVP_EC_gen("P-256")};
    must(own.key != NULL, "key");
    own.cert = new_cert(own.key, ++authority->serial, name, "20200101000000Z", "20491231235959Z");
    const struct signer *issuer = parent == NULL ? &own : parent;
    must(X509_set_issuer_name(own.cert, X509_get_subject_name(issuer->cert)) == 1, "issuer");
    add_extension(own.cert, issuer->cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own.cert, issuer->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(own.cert, issuer->cert, NID_subject_key_identifier, "hash");
    must(X509_sign(own.cert, issuer->key, EVP_sha256()) > 0, "signature");
    return own;
}

struct authority *authority_new(void)
{
    struct authority *authority = sim_alloc(sizeof *authority);
    authority->root = new_signer(authority, "fleetsim CA", NULL);
    const struct signer *parent = &authority->root;
    for (size_t i = 0; i < INTERMEDIATES; i++) {
        authority->intermediates[i] =
            new_signer(authority, i == 0 ? "fleetsim CA 1" : "fleetsim CA 2", parent);
        parent = &authority->intermediates[i];
    }
    return authority;
}

static void free_signer(struct signer *signer)
{
    X509_free(signer->cert);
    EVP_PKEY_free(signer->key);
}

void authority_free(struct authority *authority)
{
    if (authority == NULL)
        return;
    free_signer(&authority->root);
    for (size_t i = 0; i < INTERMEDIATES; i++)
        free_signer(&authority->intermediates[i]);
    free(authority);
}

static void pem_of(X509 *cert, EVP_PKEY *key, struct text *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio != NULL, "memory");
    if (cert != NULL)
        must(PEM_write_bio_X509(bio, cert) == 1, "certificate");
    else
        must(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1, "key");
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    text_add(out, data, (size_t)len);
    BIO_free(bio);
}

void authority_pem(const struct authority *authority, struct text *out)
{
    pem_of(authority->root.cert, NULL, out);
}

void authority_add_name(struct authority *authority, const char *dns_name)
{
    authority->dns_name = dns_name;
}

static void name_addresses(X509 *cert, X509 *issuer, enum cert_kind kind,
                           const struct in_addr *addrs, size_t count, const char *dns_name)
{
    struct text names = {0};
    if (kind == CERT_WRONG_NAME)
        text_puts(&names, "DNS:somewhere-else.example,IP:127.99.99.99");
    for (size_t i = 0; i < count && kind != CERT_WRONG_NAME; i++) {
        char address[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &addrs[i], address, sizeof address);
        text_printf(&names, "%sIP:%s", i == 0 ? "" : ",", address);
    }
    if (dns_name != NULL)
        text_printf(&names, ",DNS:%s", dns_name);
    add_extension(cert, issuer, NID_subject_alt_name, names.data);
    text_free(&names);
}

static bool has_chain(enum cert_kind kind)
{
    return kind >= CERT_CHAIN && kind <= CERT_CHAIN_MISSING;
}

/* Right is the issuer of each one behind it. */
static void put_chain(const struct authority *authority, enum cert_kind kind, struct text *out)
{
    for (size_t i = 0; has_chain(kind) && kind != CERT_CHAIN_MISSING && i < INTERMEDIATES; i++)
        pem_of(authority->intermediates[kind == CERT_CHAIN ? INTERMEDIATES - 1 - i : i].cert, NULL,
               out);
}

void authority_issue(struct authority *authority, enum cert_kind kind, const struct in_addr *addrs,
                     size_t count, struct text *cert, struct text *key)
{
    struct signer own = {.key = EVP_EC_gen("P-256")};
    must(own.key != NULL, "key");
    char address[INET_ADDRSTRLEN] = "fleetsim";
    if (kind == CERT_CN_ONLY && count > 0)
        inet_ntop(AF_INET, &addrs[count - 1], address, sizeof address);
    own.cert = new_cert(own.key, ++authority->serial, address,
                        kind == CERT_NOT_YET ? "20480101000000Z" : "20200101000000Z",
                        kind == CERT_EXPIRED ? "20210101000000Z" : "20490101000000Z");
    const struct signer *issuer = kind == CERT_SELF_SIGNED ? &own
                                  : has_chain(kind) ? &authority->intermediates[INTERMEDIATES - 1]
                                                    : &authority->root;
    must(X509_set_issuer_name(own.cert, X509_get_subject_name(issuer->cert)) == 1, "issuer");
    add_extension(own.cert, issuer->cert, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(own.cert, issuer->cert, NID_ext_key_usage, "serverAuth");
    if (kind != CERT_CN_ONLY)
        name_addresses(own.cert, issuer->cert, kind, addrs, count, authority->dns_name);
    must(X509_sign(own.cert, issuer->key, EVP_sha256()) > 0, "signature");
    pem_of(own.cert, NULL, cert);
    put_chain(authority, kind, cert);
    pem_of(NULL, own.key, key);
    free_signer(&own);
}

SSL_CTX *certs_context(const struct text *cert, const struct text *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    must(context != NULL, "context");
    BIO *cert_bio = BIO_new_mem_buf(cert->data, (int)cert->len);
    BIO *key_bio = BIO_new_mem_buf(key->data, (int)key->len);
    must(cert_bio != NULL && key_bio != NULL, "memory");
    X509 *x509 = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    must(x509 != NULL && pkey != NULL && SSL_CTX_use_certificate(context, x509) == 1 &&
             SSL_CTX_use_PrivateKey(context, pkey) == 1,
         "certificate");
    X509_free(x509);
    while ((x509 = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL)) != NULL)
        must(SSL_CTX_add0_chain_cert(context, x509) == 1, "chain");
    ERR_clear_error();
    EVP_PKEY_free(pkey);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    return context;
}
