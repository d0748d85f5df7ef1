#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"
#include "rollcall/mem.h"

/* docs/errors.md publishes this table. Codes that cannot come up for HTTP are left out. */
static const struct outcome_row rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, true},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_PROXY, true},
    {CURLE_PROXY, ERR_PROXY, true},
    {CURLE_COULDNT_CONNECT, ERR_CONNECT, true},
    {CURLE_GOT_NOTHING, ERR_CONNECT, true},
    {CURLE_SEND_ERROR, ERR_CONNECT, true},
    {CURLE_RECV_ERROR, ERR_CONNECT, true},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, true},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, false},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, false},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, false},
    {CURLE_SSL_CLIENTCERT, ERR_TLS, false},
    {CURLE_SSL_CIPHER, ERR_TLS, false},
    {CURLE_SSL_ISSUER_ERROR, ERR_TLS, false},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_TLS, false},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, true},
    {CURLE_PARTIAL_FILE, ERR_TRUNCATED, true},
    {CURLE_HTTP2, ERR_CONNECT, true},
    {CURLE_HTTP2_STREAM, ERR_PROTOCOL, true},
    {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, false},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, false},
    {CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, false},
    {CURLE_OUT_OF_MEMORY, ERR_PROTOCOL, false},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, ERR_PROTOCOL, false},
#endif
};

struct outcome_row outcome_row(CURLcode code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return rows[i];
    return (struct outcome_row){code, ERR_INTERNAL, false};
}

const struct outcome_row *outcome_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

bool outcome_is_success(int status)
{
    return status == 200 || status == 201 || status == 203 || status == 207;
}

static bool is_transient_status(int status)
{
    static const int transient[] = {408, 425, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
        if (transient[i] == status)
            return true;
    return false;
}

/* The host a redirect points to, without anything else the URL may hold. */
static void set_redirect_error(CURL *easy, struct error *error)
{
    const char *target = NULL;
    char *host = NULL;
    char *plain = NULL;
    CURLU *url = curl_url();
    /* Only the host counts, whatever stands in the rest. */
    if (curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &target) == CURLE_OK && target != NULL)
        plain = mem_copy(target, strcspn(target, "?#"));
    if (url != NULL && plain != NULL &&
        curl_url_set(url, CURLUPART_URL, plain, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        error_set(error, ERR_REDIRECT, "redirects to %s (redirects are not followed)", host);
    else
        error_set(error, ERR_REDIRECT, "redirects without saying where to");
    free(plain);
    curl_free(host);
    curl_url_cleanup(url);
}

static void set_status_error(struct engine_slot *slot, struct error *error)
{
    int status = slot->status;
    if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308)
        set_redirect_error(slot->easy, error);
    else if (status == 401 || status == 403)
        error_set(error, ERR_AUTH, "HTTP %d", status);
    else if (status == 404)
        error_set(error, ERR_NOT_FOUND, "HTTP 404");
    else if (status == 407)
        error_set(error, ERR_PROXY, "HTTP 407");
    else if (status == 429)
        error_set(error, ERR_RATE_LIMITED, "HTTP 429");
    else
        error_set(error, ERR_HTTP, "HTTP %d", status);
    error->http_status = status;
}

/* A limit as people write it: "5 s", "0.25 s". */
static const char *seconds_text(int64_t ms, char out[32])
{
    int len = ms % 1000 == 0 ? snprintf(out, 32, "%lld s", (long long)(ms / 1000))
                             : snprintf(out, 32, "%g s", (double)ms / 1000.0);
    return len > 0 ? out : "";
}

static void set_timeout_error(struct engine_slot *slot, const char *host, struct error *error)
{
    const struct endpoint_options *options = slot->request->options;
    char limit[32];
    curl_off_t lookup_us = 0;
    if (!slot->is_connected) {
        seconds_text(options->connect_timeout_ms, limit);
        if (curl_easy_getinfo(slot->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us) == CURLE_OK &&
            lookup_us == 0)
            error_set(error, ERR_TIMEOUT, "could not resolve %s within the connect_timeout of %s",
                      host, limit);
        else
            error_set(error, ERR_TIMEOUT, "no connection to %s within the connect_timeout of %s",
                      host, limit);
    } else {
        error_set(error, ERR_TIMEOUT, "the answer was not whole within the timeout of %s",
                  seconds_text(options->timeout_ms, limit));
    }
}

/* OpenSSL's reason ("wrong version number") without its version and codes in front. */
static const char *tls_reason(const struct engine_slot *slot, CURLcode code)
{
    const char *reason = strstr(slot->curl_text, "error:");
    if (reason != NULL && strrchr(reason, ':')[1] != '\0')
        return strrchr(reason, ':') + 1;
    return slot->curl_text[0] != '\0' ? slot->curl_text : curl_easy_strerror(code);
}

static void set_tls_error(struct engine_slot *slot, CURLcode code, const char *host,
                          struct error *error)
{
    long verify = 0;
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        if (curl_easy_getinfo(slot->easy, CURLINFO_SSL_VERIFYRESULT, &verify) == CURLE_OK &&
            verify != 0)
            error_set(error, ERR_TLS, "the certificate of %s does not verify: %s", host,
                      trust_verify_text(verify));
        else
            error_set(error, ERR_TLS, "the certificate of %s is for another name", host);
    } else {
        error_set(error, ERR_TLS, "TLS with %s failed: %s", host, tls_reason(slot, code));
    }
}

/* The system's words for why a connection failed, in the middle of a sentence. */
static void set_connect_error(struct engine_slot *slot, enum error_class class, const char *host,
                              struct error *error)
{
    long number = 0;
    const char *through = class == ERR_PROXY ? " through the proxy" : "";
    if (curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &number) != CURLE_OK || number == 0) {
        error_set(error, class, "could not connect to %s%s", host, through);
        return;
    }
    char reason[128];
    snprintf(reason, sizeof(reason), "%s", strerror((int)number));
    if (reason[0] >= 'A' && reason[0] <= 'Z')
        reason[0] = (char)(reason[0] - 'A' + 'a');
    error_set(error, class, "could not connect to %s%s: %s", host, through, reason);
}

/* The connection, or its stream, is over and the answer is not whole. libcurl's own words say more
 * and cannot be used: they may be about another connection, which it looked at in passing. */
static void set_ending_error(const struct engine_slot *slot, CURLcode code, const char *host,
                             struct error *error)
{
    if (slot->status != 0)
        error_set(error, ERR_TRUNCATED, "the connection ended before the answer was whole");
    else if (code == CURLE_HTTP2_STREAM)
        error_set(error, ERR_PROTOCOL, "%s ended the HTTP/2 stream without an answer", host);
    else
        error_set(error, ERR_CONNECT, "%s closed the connection without an answer", host);
}

/* A proxy that refused the CONNECT; its status is not the server's. */
static bool judge_proxy_refusal(struct engine_slot *slot, struct error *error, bool *is_transient)
{
    long status = 0;
    if (curl_easy_getinfo(slot->easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK ||
        status == 0 || (status >= 200 && status < 300))
        return false;
    error_set(error, ERR_PROXY, "the proxy answered HTTP %ld", status);
    error->http_status = (int)status;
    *is_transient = is_transient_status((int)status);
    return true;
}

/* Whether a proxy stands between: the configured one, or one that the environment names for https.
 */
static bool uses_proxy(const struct request *request)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    if (request->options->proxy != NULL || strncasecmp(request->url, "https://", 8) != 0)
        return request->options->proxy != NULL && *request->options->proxy != '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return true;
    }
    return false;
}

/* libcurl has one code for chunks that are none and for a connection that fails; its words tell. */
static bool is_broken_chunk(const struct engine_slot *slot, CURLcode code)
{
    return code == CURLE_RECV_ERROR && strstr(slot->curl_text, "chunk") != NULL;
}

/* A connection that the peer resets before a request went out: whether libcurl calls that
 * connecting or the TLS handshake is a matter of microseconds, which no report may depend on. */
static bool is_early_reset(const struct engine_slot *slot, CURLcode code, bool has_proxy)
{
    long number = 0;
    if (code == CURLE_COULDNT_CONNECT)
        return !has_proxy &&
               curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK &&
               number == ECONNRESET;
    return code == CURLE_SSL_CONNECT_ERROR && strstr(slot->curl_text, strerror(ECONNRESET)) != NULL;
}

static bool judge_failure(struct engine_slot *slot, CURLcode code, struct error *error)
{
    char host[256];
    snprintf(host, sizeof(host), "%.*s", (int)slot->request->host->name_len,
             slot->request->host->name);
    struct outcome_row row = outcome_row(code);
    bool is_transient = row.is_transient;
    if (slot->status == 0 && judge_proxy_refusal(slot, error, &is_transient))
        return is_transient;
    bool has_proxy = uses_proxy(slot->request);
    if (is_early_reset(slot, code, has_proxy)) {
        row = outcome_row(code = CURLE_GOT_NOTHING);
        is_transient = row.is_transient;
    }
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        set_timeout_error(slot, host, error);
        break;
    case CURLE_COULDNT_CONNECT:
        set_connect_error(slot, has_proxy ? ERR_PROXY : ERR_CONNECT, host, error);
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(error, ERR_DNS, "could not resolve %s", host);
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
        if (is_broken_chunk(slot, code))
            is_transient =
                error_set(error, ERR_PROTOCOL, "%s broke the chunked transfer coding", host);
        else
            set_ending_error(slot, code, host, error);
        break;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        error_set(error, ERR_PROTOCOL, "%s did not answer with HTTP/1 or HTTP/2", host);
        break;
    case CURLE_OUT_OF_MEMORY:
        error_set(error, ERR_PROTOCOL, "the response headers are too large");
        break;
    default:
        if (row.class == ERR_TLS)
            set_tls_error(slot, code, host, error);
        else if (row.class == ERR_INTERNAL)
            error_set(error, ERR_INTERNAL, "libcurl failed: %s", curl_easy_strerror(code));
        else
            error_set(error, row.class, "%s: %s", host, curl_easy_strerror(code));
        break;
    }
    error->http_status = slot->status;
    return is_transient;
}

bool outcome_judge(struct engine_slot *slot, CURLcode code, struct error *error)
{
    /* A status that already says no is a better reason than how its body ended. */
    if (slot->status != 0 && !outcome_is_success(slot->status)) {
        set_status_error(slot, error);
        return is_transient_status(slot->status);
    }
    if (slot->own_error.class != ERR_NONE) {
        *error = slot->own_error;
        error->http_status = slot->status;
        return error->class == ERR_TIMEOUT;
    }
    /* libcurl takes a head that breaks off for an answer without a body. */
    if (code == CURLE_OK && !slot->is_head_whole)
        code = CURLE_GOT_NOTHING;
    if (code != CURLE_OK)
        return judge_failure(slot, code, error);
    if (slot->status == 0)
        return error_set(error, ERR_PROTOCOL, "the answer had no HTTP status");
    *error = (struct error){.http_status = slot->status};
    return false;
}

int64_t outcome_retry_after_ms(const struct engine_slot *slot)
{
    const int64_t endless = INT64_MAX / 2;
    curl_off_t seconds = 0;
    if (slot->asks_endless_pause)
        return endless;
    if (slot->status == 0 ||
        curl_easy_getinfo(slot->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return -1;
    return seconds < INT32_MAX ? (int64_t)seconds * 1000 : endless;
}
