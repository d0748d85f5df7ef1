#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "rollcall/version.h"
#include "trace.h"

#define HEADERS_MAX_BYTES (256 * 1024)
#define DRAIN_MAX_BYTES   (64 * 1024)
#define RECEIVE_BYTES     (64 * 1024L)
/* A retry looks its name up again; libcurl goes through all that it keeps after each transfer. */
#define DNS_CACHE_S 1
#define SEND_BYTES  (16 * 1024L) /* the smallest libcurl takes; requests are small */

void transfer_note_status(struct engine_slot *slot)
{
    long status = 0;
    if (curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    /* 1xx are no answers yet. */
    slot->status = status < 200 ? 0 : (int)status;
}

void transfer_forbid_reuse(struct engine_slot *slot)
{
    if (slot->request->is_last && slot->sink == SINK_BODY && slot->host->starting == 0)
        curl_easy_setopt(slot->easy, CURLOPT_FORBID_REUSE, 1L);
}

void transfer_note_started(struct engine_slot *slot)
{
    if (!slot->is_starting)
        return;
    slot->is_starting = false;
    slot->engine->starting--;
    if (--slot->host->starting > 0 || slot->host->transfers == 1)
        return;
    for (struct engine_slot *s = slot->engine->running_first; s != NULL; s = s->next)
        if (s->host == slot->host)
            transfer_forbid_reuse(s);
}

/* The status decides what the body is good for. */
static void choose_sink(struct engine_slot *slot)
{
    transfer_note_status(slot);
    if (outcome_is_success(slot->status)) {
        slot->sink = SINK_BODY;
        transfer_forbid_reuse(slot);
    } else if (slot->status >= 300 && slot->status < 400) {
        slot->sink = SINK_NOTHING;
    } else {
        slot->sink = SINK_EXCERPT;
    }
}

static bool take_body(struct engine_slot *slot, const char *data, size_t len)
{
    struct request *request = slot->request;
    if (slot->body_bytes > request->options->max_body_bytes)
        return error_set(&slot->own_error, ERR_TOO_LARGE,
                         "the answer is larger than the max_body of %lld bytes",
                         (long long)request->options->max_body_bytes);
    return request->ops->body(request, data, len, &slot->own_error);
}

/* An error page is read to its end if that is near, so that the connection can serve again. */
static bool take_excerpt(struct engine_slot *slot, const char *data, size_t len)
{
    size_t room = slot->sink == SINK_EXCERPT ? sizeof(slot->excerpt) - slot->excerpt_len : 0;
    size_t take = len < room ? len : room;
    memcpy(slot->excerpt + slot->excerpt_len, data, take);
    slot->excerpt_len += take;
    return slot->body_bytes <= DRAIN_MAX_BYTES;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct engine_slot *slot = arg;
    size_t len = size * count;
    if (slot->sink == SINK_UNDECIDED)
        choose_sink(slot);
    slot->last_byte_ms = clock_mono_ms();
    flood_note_answer(slot->flood);
    slot->body_bytes += (int64_t)len;
    slot->request->bytes += (int64_t)len;
    bool is_taken =
        slot->sink == SINK_BODY ? take_body(slot, data, len) : take_excerpt(slot, data, len);
    return is_taken ? len : CURL_WRITEFUNC_ERROR;
}

/* Retry-After with more digits than libcurl takes for a number: the pause has no end for us. */
static bool is_endless_pause(const char *line, size_t len)
{
    static const char name[] = "retry-after:";
    size_t at = sizeof(name) - 1, digits = 0;
    if (len < at || strncasecmp(line, name, at) != 0)
        return false;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    while (at < len && line[at] == '0')
        at++;
    while (at < len && line[at] >= '0' && line[at] <= '9')
        at++, digits++;
    while (at < len && (line[at] == ' ' || line[at] == '\r' || line[at] == '\n'))
        at++;
    return digits > 9 && at == len;
}

/* The number of a Content-Length header; negative when the line is none, or says none. */
static int64_t content_length(const char *line, size_t len)
{
    static const char name[] = "content-length:";
    size_t at = sizeof(name) - 1;
    int64_t value = -1;
    if (len < at || strncasecmp(line, name, at) != 0)
        return -1;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    for (; at < len && line[at] >= '0' && line[at] <= '9' && value < INT64_MAX / 16; at++)
        value = (value < 0 ? 0 : value * 10) + (line[at] - '0');
    return value;
}

/* Follows the heads, of which there may be several before the body; what comes behind are trailers.
 * An answer that gives two lengths is not to be trusted with either (RFC 9112, section 6.3). */
static bool note_head(struct engine_slot *slot, const char *line, size_t len)
{
    if (slot->sink != SINK_UNDECIDED)
        return true;
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        slot->is_head_whole = false;
        slot->content_length = -1;
    }
    if (len > 0 && (line[0] == '\r' || line[0] == '\n'))
        slot->is_head_whole = true;
    int64_t length = content_length(line, len);
    if (length < 0)
        return true;
    if (slot->content_length >= 0 && slot->content_length != length)
        return error_set(&slot->own_error, ERR_PROTOCOL, "the answer has two lengths");
    slot->content_length = length;
    return true;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    static const char transfer_encoding[] = "transfer-encoding:";
    struct engine_slot *slot = arg;
    size_t len = size * count;
    slot->last_byte_ms = clock_mono_ms();
    flood_note_answer(slot->flood);
    slot->header_bytes += len;
    if (slot->header_bytes > HEADERS_MAX_BYTES) {
        error_set(&slot->own_error, ERR_PROTOCOL, "the response headers are too large");
        return 0;
    }
    if (!note_head(slot, data, len))
        return 0;
    if (is_endless_pause(data, len))
        slot->asks_endless_pause = true;
    if (len >= sizeof(transfer_encoding) - 1 &&
        strncasecmp(data, transfer_encoding, sizeof(transfer_encoding) - 1) == 0)
        slot->has_transfer_encoding = true;
    return len;
}

/* The connection's SSL *; NULL without TLS. */
static void *find_ssl(const struct engine_slot *slot)
{
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(slot->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK ||
        session == NULL || session->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return session->internals;
}

/* The connection stands and the request goes out next: from here the peer's silence counts. */
static int on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct engine_slot *slot = arg;
    struct request *request = slot->request;
    transfer_note_started(slot);
    slot->is_connected = true;
    slot->last_byte_ms = clock_mono_ms();
    void *ssl = find_ssl(slot);
    if (ssl != NULL && request->certificate_expires_at == 0)
        request->certificate_expires_at = trust_peer_expiry_s(ssl);
    if (ssl != NULL && request->post_body != NULL)
        trust_wipe_received(ssl);
    return CURL_PREREQFUNC_OK;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct engine_slot *slot = arg;
    flood_watch(slot->flood, ssl_ctx);
    return trust_apply(slot->store, ssl_ctx) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* setopt with one place that notices a refusal: the first one is kept. */
struct setter {
    CURL *easy;
    CURLcode result;
    CURLoption option;
};

static void note(struct setter *setter, CURLoption option, CURLcode result)
{
    if (setter->result == CURLE_OK && result != CURLE_OK) {
        setter->result = result;
        setter->option = option;
    }
}

static void set_long(struct setter *setter, CURLoption option, long value)
{
    note(setter, option, curl_easy_setopt(setter->easy, option, value));
}

static void set_text(struct setter *setter, CURLoption option, const char *value)
{
    note(setter, option, curl_easy_setopt(setter->easy, option, value));
}

static void set_data(struct setter *setter, CURLoption option, void *value)
{
    note(setter, option, curl_easy_setopt(setter->easy, option, value));
}

static bool add_header(struct engine_slot *slot, const char *line)
{
    struct curl_slist *list = curl_slist_append(slot->headers, line);
    if (list == NULL)
        return false;
    slot->headers = list;
    return true;
}

/* The addresses that the configuration gives instead of a look-up. */
static bool make_resolve(struct engine_slot *slot)
{
    const char *const *entry = slot->request->options->resolve;
    for (; entry != NULL && *entry != NULL; entry++) {
        struct curl_slist *list = curl_slist_append(slot->resolve, *entry);
        if (list == NULL)
            return false;
        slot->resolve = list;
    }
    return true;
}

static bool make_headers(struct engine_slot *slot)
{
    const struct request *request = slot->request;
    bool is_made = add_header(slot, "Accept: application/json");
    if (request->post_body != NULL) {
        char *line = mem_printf("Content-Type: %s", request->content_type);
        is_made = is_made && add_header(slot, line);
        free(line);
    }
    if (request->options->headers != NULL)
        for (const char *const *h = request->options->headers; is_made && *h != NULL; h++)
            is_made = add_header(slot, *h);
    return is_made;
}

static void set_connection(struct setter *s, const struct request *request, bool is_http)
{
    const struct endpoint_options *options = request->options;
    set_long(s, CURLOPT_NOSIGNAL, 1);
    set_long(s, CURLOPT_QUICK_EXIT, 1);
    set_long(s, CURLOPT_DNS_CACHE_TIMEOUT, DNS_CACHE_S);
    set_text(s, CURLOPT_PROTOCOLS_STR, is_http ? "http" : "https");
    set_long(s, CURLOPT_FOLLOWLOCATION, 0);
    set_long(s, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    set_long(s, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    set_long(s, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
    set_long(s, CURLOPT_TCP_KEEPALIVE, 1);
    set_long(s, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    set_long(s, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BYTES);
    /* The environment's proxies are for https: a plain request would show them the token. */
    if (options->proxy != NULL || is_http)
        set_text(s, CURLOPT_PROXY, options->proxy != NULL ? options->proxy : "");
}

static void set_tls(struct setter *s, struct engine_slot *slot)
{
    const struct endpoint_options *options = slot->request->options;
    set_long(s, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_long(s, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(s, CURLOPT_SSL_VERIFYHOST, 2);
    set_text(s, CURLOPT_CAINFO, NULL);
    set_text(s, CURLOPT_CAPATH, NULL);
    set_long(s, CURLOPT_CA_CACHE_TIMEOUT, 0);
    note(s, CURLOPT_SSL_CTX_FUNCTION,
         curl_easy_setopt(s->easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx));
    set_data(s, CURLOPT_SSL_CTX_DATA, slot);
    /* A session that is taken up again is not verified again, and libcurl 8.12 and newer keep them
     * for all transfers by the host's name. */
    if (slot->request->host->is_apart)
        set_long(s, CURLOPT_SSL_SESSIONID_CACHE, 0);
    if (options->client_cert != NULL)
        set_text(s, CURLOPT_SSLCERT, options->client_cert);
    if (options->client_key != NULL)
        set_text(s, CURLOPT_SSLKEY, options->client_key);
}

static void set_request(struct setter *s, struct engine_slot *slot)
{
    const struct request *request = slot->request;
    set_text(s, CURLOPT_URL, request->url);
    set_long(s, CURLOPT_PATH_AS_IS, 1);
    set_text(s, CURLOPT_USERAGENT, "rollcall/" ROLLCALL_VERSION);
    set_text(s, CURLOPT_ACCEPT_ENCODING, "");
    set_data(s, CURLOPT_HTTPHEADER, slot->headers);
    set_data(s, CURLOPT_RESOLVE, slot->resolve);
    set_data(s, CURLOPT_SHARE, request->host->share);
    if (request->post_body != NULL) {
        set_long(s, CURLOPT_POST, 1);
        note(s, CURLOPT_POSTFIELDSIZE_LARGE,
             curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t)request->post_body_len));
        set_data(s, CURLOPT_POSTFIELDS, (void *)(uintptr_t)request->post_body);
    }
    if (request->bearer != NULL) {
        set_text(s, CURLOPT_XOAUTH2_BEARER, request->bearer);
        set_long(s, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    }
}

static void set_trace(struct setter *s, struct engine_slot *slot)
{
    if (!log_has_trace(engine_log(slot->engine)))
        return;
    set_long(s, CURLOPT_VERBOSE, 1);
    set_data(s, CURLOPT_DEBUGDATA, slot);
    note(s, CURLOPT_DEBUGFUNCTION,
         curl_easy_setopt(s->easy, CURLOPT_DEBUGFUNCTION, trace_on_debug));
}

static void set_callbacks(struct setter *s, struct engine_slot *slot)
{
    set_data(s, CURLOPT_PRIVATE, slot);
    set_data(s, CURLOPT_ERRORBUFFER, slot->curl_text);
    set_data(s, CURLOPT_WRITEDATA, slot);
    set_data(s, CURLOPT_HEADERDATA, slot);
    set_data(s, CURLOPT_PREREQDATA, slot);
    note(s, CURLOPT_WRITEFUNCTION, curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body));
    note(s, CURLOPT_HEADERFUNCTION, curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header));
    note(s, CURLOPT_PREREQFUNCTION,
         curl_easy_setopt(s->easy, CURLOPT_PREREQFUNCTION, on_connected));
}

bool transfer_set_up(struct engine_slot *slot, struct trust *trust, struct error *error)
{
    struct request *request = slot->request;
    slot->sink = SINK_UNDECIDED;
    slot->has_transfer_encoding = slot->asks_endless_pause = false;
    slot->is_head_whole = false;
    slot->content_length = -1;
    slot->status = 0;
    slot->body_bytes = 0;
    slot->header_bytes = slot->excerpt_len = 0;
    slot->own_error = (struct error){0};
    slot->curl_text[0] = '\0';
    memset(slot->is_trace_cut, 0, sizeof(slot->is_trace_cut));

    if (request->bearer != NULL && !engine_is_b64token(request->bearer, strlen(request->bearer)))
        return error_set(error, ERR_INTERNAL, "the bearer token is no RFC 6750 b64token");
    if (!make_headers(slot) || !make_resolve(slot))
        return error_set(error, ERR_INTERNAL, "libcurl is out of memory");
    bool is_http = strncasecmp(request->url, "http://", 7) == 0;
    if (!is_http && (slot->store = trust_get(trust, request->options->ca_file, error)) == NULL)
        return false;
    struct setter setter = {.easy = slot->easy};
    set_connection(&setter, request, is_http);
    if (!is_http)
        set_tls(&setter, slot);
    set_request(&setter, slot);
    set_callbacks(&setter, slot);
    set_trace(&setter, slot);
    if (setter.result != CURLE_OK)
        return error_set(error, ERR_INTERNAL, "libcurl refuses option %d: %s", (int)setter.option,
                         curl_easy_strerror(setter.result));
    return true;
}

void transfer_clean_up(struct engine_slot *slot)
{
    curl_easy_setopt(slot->easy, CURLOPT_VERBOSE, 0L);
    curl_slist_free_all(slot->headers);
    slot->headers = NULL;
    curl_slist_free_all(slot->resolve);
    slot->resolve = NULL;
}

bool transfer_is_close_delimited(const struct engine_slot *slot)
{
    curl_off_t length = -1;
    return curl_easy_getinfo(slot->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK &&
           length < 0 && !slot->has_transfer_encoding;
}
