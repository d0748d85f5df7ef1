/*
 * What a program has to spend at least that fetches a fleet's lists by libcurl with rollcall's
 * settings:
 *
 *   limit discard|yajl SCHEME CONTROL CA HOSTS PROJECT CONCURRENCY
 *
 * asks CONTROL (address:port) for a token, then each line of the file HOSTS (address:port) for its
 * jobs, at most CONCURRENCY at a time, and throws the answers away (`discard`) or parses them with
 * callbacks that do nothing (`yajl`). It prints how many answers came and how many bytes; its exit
 * status is 1 if any failed. It shares no code with rollcall: rollcall's cost divided by its cost
 * is what rollcall itself costs.
 */
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <yajl/yajl_parse.h>

#define CONNECT_TIMEOUT_MS 60000L
#define TIMEOUT_MS         120000L
#define RECEIVE_BYTES      (64 * 1024L)
#define SEND_BYTES         (16 * 1024L)
#define TOKEN_SIZE         4096
#define FILES_PER_TRANSFER 4

struct transfer {
    CURL *easy;
    struct client *client;
    yajl_handle parser; /* NULL: the body is thrown away */
    char url[256];
};

struct client {
    bool has_parser, is_http;
    const char *scheme, *project;
    X509_STORE *trust;
    struct curl_slist *headers;
    CURLM *multi;
    FILE *hosts;
    char token[TOKEN_SIZE];
    size_t token_len;
    unsigned long answers, failures;
    unsigned long long bytes;
};

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("limit: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- callbacks ---- */

static int on_null(void *arg)
{
    (void)arg;
    return 1;
}

static int on_boolean(void *arg, int value)
{
    (void)arg, (void)value;
    return 1;
}

static int on_number(void *arg, const char *text, size_t len)
{
    (void)arg, (void)text, (void)len;
    return 1;
}

static int on_string(void *arg, const unsigned char *text, size_t len)
{
    (void)arg, (void)text, (void)len;
    return 1;
}

static const yajl_callbacks nothing = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_null,
    .yajl_map_key = on_string,
    .yajl_end_map = on_null,
    .yajl_start_array = on_null,
    .yajl_end_array = on_null,
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * count;
    transfer->client->bytes += len;
    if (transfer->parser != NULL &&
        yajl_parse(transfer->parser, (const unsigned char *)data, len) != yajl_status_ok)
        return 0;
    return len;
}

static size_t on_token(char *data, size_t size, size_t count, void *arg)
{
    struct client *client = arg;
    size_t len = size * count;
    if (client->token_len + len >= TOKEN_SIZE)
        return 0;
    memcpy(client->token + client->token_len, data, len);
    client->token_len += len;
    return len;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct client *client = arg;
    X509_STORE_up_ref(client->trust);
    SSL_CTX_set_cert_store(ssl_ctx, client->trust);
    return CURLE_OK;
}

/* ---- requests, with the options that src/net/transfer.c sets ---- */

static void set_common(struct client *client, CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, client->scheme);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BYTES);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "limit");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    if (client->is_http) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        return;
    }
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
}

static void fetch_token(struct client *client, const char *control)
{
    static const char ask[] =
        "{\"grantType\":\"app_token\",\"AppId\":\"bench\",\"AppSecret\":\"secret\"}";
    static const char key[] = "\"accessToken\":\"";
    char url[256];
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    snprintf(url, sizeof url, "%s://%s/api/v1/token", client->scheme, control);
    set_common(client, easy, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_token);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    CURLcode code = curl_easy_perform(easy);
    char *token = code == CURLE_OK ? strstr(client->token, key) : NULL;
    if (token == NULL)
        fail("no token from %s: %s", url, curl_easy_strerror(code));
    token += sizeof key - 1;
    size_t len = strcspn(token, "\"");
    memmove(client->token, token, len);
    client->token[len] = '\0';
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
}

/* Gives the transfer the next host; false when there is none. */
static bool start_next(struct client *client, struct transfer *transfer)
{
    char host[128];
    if (fgets(host, sizeof host, client->hosts) == NULL)
        return false;
    host[strcspn(host, "\n")] = '\0';
    snprintf(transfer->url, sizeof transfer->url, "%s://%s/researcher/api/v1/jobs/%s",
             client->scheme, host, client->project);
    if (transfer->easy == NULL)
        transfer->easy = curl_easy_init();
    CURL *easy = transfer->easy;
    curl_easy_reset(easy);
    set_common(client, easy, transfer->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, client->token);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (client->has_parser) {
        transfer->parser = yajl_alloc(&nothing, NULL, NULL);
        yajl_config(transfer->parser, yajl_dont_validate_strings, 1);
    }
    if (curl_multi_add_handle(client->multi, easy) != CURLM_OK)
        fail("libcurl cannot start a transfer");
    return true;
}

static void end(struct client *client, struct transfer *transfer, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    bool is_good = code == CURLE_OK && status == 200;
    if (transfer->parser != NULL) {
        is_good = is_good && yajl_complete_parse(transfer->parser) == yajl_status_ok;
        yajl_free(transfer->parser);
        transfer->parser = NULL;
    }
    if (!is_good) {
        fprintf(stderr, "limit: %s: %s, HTTP %ld\n", transfer->url, curl_easy_strerror(code),
                status);
        client->failures++;
    }
    client->answers++;
    curl_multi_remove_handle(client->multi, transfer->easy);
}

static void fetch_all(struct client *client, unsigned concurrency)
{
    struct transfer *transfers = calloc(concurrency, sizeof *transfers);
    if (transfers == NULL)
        fail("out of memory");
    unsigned active = 0;
    while (active < concurrency) {
        transfers[active].client = client;
        if (!start_next(client, &transfers[active]))
            break;
        active++;
    }
    while (active > 0) {
        int running, left;
        CURLMsg *message;
        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            fail("libcurl failed");
        while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
            struct transfer *transfer = NULL;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
            end(client, transfer, message->data.result);
            if (!start_next(client, transfer))
                active--;
        }
        if (active > 0)
            curl_multi_poll(client->multi, NULL, 0, 1000, NULL);
    }
    for (unsigned i = 0; i < concurrency; i++)
        curl_easy_cleanup(transfers[i].easy);
    free(transfers);
}

static void allow_files(unsigned concurrency)
{
    struct rlimit limit;
    rlim_t needed = 64 + (rlim_t)concurrency * FILES_PER_TRANSFER;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    if (argc != 8 || (strcmp(argv[1], "discard") != 0 && strcmp(argv[1], "yajl") != 0)) {
        fputs("usage: limit discard|yajl SCHEME CONTROL CA HOSTS PROJECT CONCURRENCY\n", stderr);
        return 2;
    }
    struct client client = {.has_parser = strcmp(argv[1], "yajl") == 0,
                            .is_http = strcmp(argv[2], "http") == 0,
                            .scheme = argv[2],
                            .project = argv[6]};
    unsigned concurrency = (unsigned)strtoul(argv[7], NULL, 10);
    allow_files(concurrency);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        (client.multi = curl_multi_init()) == NULL)
        fail("libcurl cannot be initialised");
    curl_multi_setopt(client.multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    client.headers = curl_slist_append(NULL, "Accept: application/json");
    client.trust = X509_STORE_new();
    if (!client.is_http && X509_STORE_load_locations(client.trust, argv[4], NULL) != 1)
        fail("%s: no certificates", argv[4]);
    X509_STORE_set_flags(client.trust, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    client.hosts = fopen(argv[5], "r");
    if (client.hosts == NULL)
        fail("cannot read %s", argv[5]);
    fetch_token(&client, argv[3]);
    fetch_all(&client, concurrency);
    fclose(client.hosts);
    curl_multi_cleanup(client.multi);
    curl_slist_free_all(client.headers);
    X509_STORE_free(client.trust);
    curl_global_cleanup();
    printf("%lu answers, %lu failed, %llu bytes\n", client.answers, client.failures, client.bytes);
    return client.failures == 0 ? 0 : 1;
}
