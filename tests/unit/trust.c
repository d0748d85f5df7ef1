/* Trust stores, with certificates made here. */
#include "../../src/net/trust.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

static char dir[] = "/tmp/rollcall-trust.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

/* A self-signed CA of this name, which expires a given number of seconds from now. */
static X509 *make_ca(const char *name, long life_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = X509_new();
    CU_ASSERT_FATAL(key != NULL && ca != NULL);
    X509_NAME *subject = X509_get_subject_name(ca);
    CU_ASSERT(X509_set_version(ca, 2) == 1);
    CU_ASSERT(ASN1_INTEGER_set(X509_get_serialNumber(ca), 7) == 1);
    CU_ASSERT(X509_gmtime_adj(X509_getm_notBefore(ca), -60) != NULL);
    CU_ASSERT(X509_gmtime_adj(X509_getm_notAfter(ca), life_s) != NULL);
    CU_ASSERT(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                         -1, -1, 0) == 1);
    CU_ASSERT(X509_set_issuer_name(ca, subject) == 1);
    CU_ASSERT(X509_set_pubkey(ca, key) == 1);
    X509_EXTENSION *is_ca =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    CU_ASSERT(is_ca != NULL && X509_add_ext(ca, is_ca, -1) == 1);
    X509_EXTENSION_free(is_ca);
    CU_ASSERT_FATAL(X509_sign(ca, key, EVP_sha256()) > 0);
    EVP_PKEY_free(key);
    return ca;
}

static void write_cas(const char *name, X509 *const *cas, size_t count)
{
    FILE *file = fopen(path_of(name), "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (size_t i = 0; i < count; i++)
        CU_ASSERT(PEM_write_X509(file, cas[i]) == 1);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

/* Whether a connection that was given the store would trust this certificate. */
static bool trusts(struct trust_store *store, X509 *certificate)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_TRUE_FATAL(trust_apply(store, context));
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    CU_ASSERT(X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(context), certificate, NULL) == 1);
    bool is_trusted = X509_verify_cert(check) == 1;
    X509_STORE_CTX_free(check);
    SSL_CTX_free(context);
    return is_trusted;
}

static void test_two_files(void)
{
    X509 *a = make_ca("a", 3600), *b = make_ca("b", 3600);
    write_cas("a.pem", &a, 1);
    write_cas("b.pem", &b, 1);
    write_cas("both.pem", (X509 *const[]){a, b}, 2);
    struct trust *trust = trust_new();
    struct error error = {0};
    struct trust_store *store_a = trust_get(trust, path_of("a.pem"), &error);
    struct trust_store *store_b = trust_get(trust, path_of("b.pem"), &error);
    struct trust_store *store_both = trust_get(trust, path_of("both.pem"), &error);
    CU_ASSERT_FATAL(store_a != NULL && store_b != NULL && store_both != NULL);
    CU_ASSERT_PTR_NOT_EQUAL(store_a, store_b);
    CU_ASSERT(trusts(store_a, a) && !trusts(store_a, b));
    CU_ASSERT(trusts(store_b, b) && !trusts(store_b, a));
    CU_ASSERT(trusts(store_both, a) && trusts(store_both, b));
    trust_free(trust);
    trust_free(NULL);
    X509_free(a);
    X509_free(b);
}

/* The second time nothing is read: the file need not even be there any more. */
static void test_parsed_once(void)
{
    X509 *ca = make_ca("once", 3600);
    write_cas("once.pem", &ca, 1);
    struct trust *trust = trust_new();
    struct error error = {0};
    struct trust_store *store = trust_get(trust, path_of("once.pem"), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(unlink(path_of("once.pem")), 0);
    CU_ASSERT_PTR_EQUAL(trust_get(trust, path_of("once.pem"), &error), store);
    CU_ASSERT(trusts(store, ca));
    CU_ASSERT(trusts(store, ca));
    trust_free(trust);
    X509_free(ca);
}

static void test_unusable_files(void)
{
    static const char *const names[] = {"missing.pem", "empty.pem", "words.pem", "cut.pem",
                                        "directory"};
    write_text("empty.pem", "");
    write_text("words.pem", "this is no certificate\n");
    write_text("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    CU_ASSERT_EQUAL(mkdir(path_of("directory"), 0700), 0);
    struct trust *trust = trust_new();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        /* Asked twice: a failure is not remembered as a store. */
        for (int round = 0; round < 2; round++) {
            struct error error = {0};
            struct trust_store *store = trust_get(trust, path_of(names[i]), &error);
            if (store != NULL)
                fprintf(stderr, "    accepted: %s\n", names[i]);
            CU_ASSERT_PTR_NULL(store);
            CU_ASSERT_EQUAL(error.class, ERR_TLS);
            CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path_of(names[i])));
        }
    }
    trust_free(trust);
}

/* A file that was mended is read after all. */
static void test_mended_file(void)
{
    X509 *ca = make_ca("mended", 3600);
    struct trust *trust = trust_new();
    struct error error = {0};
    CU_ASSERT_PTR_NULL(trust_get(trust, path_of("mended.pem"), &error));
    write_cas("mended.pem", &ca, 1);
    struct trust_store *store = trust_get(trust, path_of("mended.pem"), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT(trusts(store, ca));
    trust_free(trust);
    X509_free(ca);
}

static void test_system(void)
{
    X509 *ca = make_ca("system", 3600);
    write_cas("system.pem", &ca, 1);
    CU_ASSERT_EQUAL(setenv("SSL_CERT_FILE", path_of("system.pem"), 1), 0);
    struct trust *trust = trust_new();
    struct error error = {0};
    struct trust_store *store = trust_get(trust, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT(trusts(store, ca));
    CU_ASSERT_PTR_EQUAL(trust_get(trust, NULL, &error), store);
    CU_ASSERT_PTR_NOT_EQUAL(trust_get(trust, path_of("system.pem"), &error), store);
    trust_free(trust);
    CU_ASSERT_EQUAL(setenv("SSL_CERT_FILE", path_of("nowhere.pem"), 1), 0);
    trust = trust_new();
    CU_ASSERT_PTR_NULL(trust_get(trust, NULL, &error));
    CU_ASSERT_EQUAL(error.class, ERR_TLS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path_of("nowhere.pem")));
    trust_free(trust);
    CU_ASSERT_EQUAL(unsetenv("SSL_CERT_FILE"), 0);
    X509_free(ca);
}

/* An expired CA is in the store and still trusts nothing. */
static void test_expired(void)
{
    X509 *ca = make_ca("expired", -30);
    write_cas("expired.pem", &ca, 1);
    struct trust *trust = trust_new();
    struct error error = {0};
    struct trust_store *store = trust_get(trust, path_of("expired.pem"), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_FALSE(trusts(store, ca));
    trust_free(trust);
    X509_free(ca);
}

static void test_words(void)
{
    CHECK_STR(trust_verify_text(X509_V_ERR_CERT_HAS_EXPIRED), "certificate has expired");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    CU_ASSERT_FATAL(context != NULL && ssl != NULL);
    CU_ASSERT_EQUAL(trust_peer_expiry_s(ssl), 0);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static void remove_files(void)
{
    static const char *const names[] = {"a.pem",      "b.pem",      "both.pem",
                                        "empty.pem",  "words.pem",  "cut.pem",
                                        "mended.pem", "system.pem", "expired.pem"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("directory"));
    rmdir(dir);
}

int main(void)
{
    if (mkdtemp(dir) == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 2;
    const CU_TestInfo tests[] = {{"two files, two stores", test_two_files},
                                 {"a file is parsed once", test_parsed_once},
                                 {"unusable files are named", test_unusable_files},
                                 {"a file that was mended", test_mended_file},
                                 {"the system's store", test_system},
                                 {"an expired CA", test_expired},
                                 {"words and unknown peers", test_words},
                                 CU_TEST_INFO_NULL};
    int status = check_run("unit/trust", tests);
    remove_files();
    curl_global_cleanup();
    return status;
}
