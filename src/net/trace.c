#include "trace.h"

#include <string.h>
#include <strings.h>

#include "engine_internal.h"
#include "rollcall/hide.h"

#define LINE_MAX_BYTES   1024
#define REDACT_MAX_BYTES (1024 * 1024)

/* These are hidden wherever they stand. */
static const char *const secret_names[] = {
    "authorization", "proxy-authorization", "authentication-info", "cookie", "set-cookie", NULL};

/* All that is shown of what a token's issuer answers: any other header may hold one. */
static const char *const plain_names[] = {
    "connection",  "content-encoding", "content-length",    "content-type",     "date",
    "retry-after", "server",           "transfer-encoding", "www-authenticate", NULL};

static bool is_listed(const char *const *names, struct str name)
{
    for (; *names != NULL; names++)
        if (str_equals_case(name, str_of(*names)))
            return true;
    return false;
}

/* A configured header's name. */
static struct str header_name(const char *header)
{
    return (struct str){header, strcspn(header, ":;")};
}

static bool is_configured(const struct request *request, struct str name)
{
    const char *const *header = request->options->headers;
    for (; header != NULL && *header != NULL; header++)
        if (str_equals_case(name, header_name(*header)))
            return true;
    return false;
}

static bool is_secret_name(const struct request *request, enum trace_kind kind, struct str name)
{
    if (is_listed(secret_names, name) || is_configured(request, name))
        return true;
    return kind == TRACE_RECEIVED && request->post_body != NULL && !is_listed(plain_names, name);
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* "GET /path HTTP/1.1", "HTTP/1.1 200 OK". */
static bool is_start_line(enum trace_kind kind, const char *line, size_t len)
{
    static const char version[] = "HTTP/";
    size_t version_len = sizeof(version) - 1;
    if (kind == TRACE_RECEIVED)
        return len > version_len && memcmp(line, version, version_len) == 0;
    const char *last = memrchr(line, ' ', len);
    return last != NULL && (size_t)(line + len - last) > version_len + 1 &&
           memcmp(last + 1, version, version_len) == 0;
}

/* A URL's query may hold what logs somebody in. */
static void add_location(const char *value, size_t len, struct buf *out)
{
    const char *query = memchr(value, '?', len);
    buf_append(out, value, query == NULL ? len : (size_t)(query - value) + 1);
    if (query != NULL)
        buf_append_str(out, HIDE_MARK);
}

static void add_header(const struct request *request, enum trace_kind kind, const char *line,
                       size_t len, struct buf *out)
{
    struct str name = {line, 0};
    while (name.len < len && is_name_char(line[name.len]))
        name.len++;
    if (name.len == 0 || name.len == len || line[name.len] != ':') {
        if (is_start_line(kind, line, len))
            buf_append(out, line, len);
        else
            buf_append_str(out, HIDE_MARK);
        return;
    }
    size_t at = name.len + 1;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    buf_append(out, line, at);
    if (is_secret_name(request, kind, name))
        buf_append_str(out, HIDE_MARK);
    else if (str_equals_case(name, str_of("location")))
        add_location(line + at, len - at, out);
    else
        buf_append(out, line + at, len - at);
}

/* Where a header of this name stands in libcurl's words, as in "[authorization: Bearer x]": the
 * length of all up to its value, or 0. */
static size_t find_header(const char *text, size_t len, struct str name)
{
    for (size_t at = 0; name.len > 0 && at + name.len < len; at++)
        if (text[at + name.len] == ':' && strncasecmp(text + at, name.data, name.len) == 0 &&
            (at == 0 || !is_name_char(text[at - 1])))
            return at + name.len + 1;
    return 0;
}

/* The length of the text before the value of a header that is not to be shown. */
static size_t shown_of(const struct request *request, const char *text, size_t len)
{
    const char *const *header = request->options->headers;
    size_t shown = len;
    for (const char *const *name = secret_names; *name != NULL; name++) {
        size_t found = find_header(text, len, str_of(*name));
        shown = found > 0 && found < shown ? found : shown;
    }
    for (; header != NULL && *header != NULL; header++) {
        size_t found = find_header(text, len, header_name(*header));
        shown = found > 0 && found < shown ? found : shown;
    }
    return shown;
}

/* libcurl's words, without the user that it names ("with user 'x'") and those in URLs. */
static void add_event(const struct request *request, const char *text, size_t len, struct buf *out)
{
    static const char user[] = "with user '";
    size_t shown = shown_of(request, text, len);
    for (size_t at = 0; at < shown;) {
        size_t left = shown - at;
        size_t end = 0;
        if (left > 3 && memcmp(text + at, "://", 3) == 0) {
            /* A password may hold what ends an authority elsewhere, but no blank. */
            const char *rest = text + at + 3;
            const char *blank = memchr(rest, ' ', left - 3);
            const char *sign =
                memrchr(rest, '@', blank == NULL ? left - 3 : (size_t)(blank - rest));
            end = sign == NULL ? 0 : (size_t)(sign - rest);
            buf_append_str(out, "://");
            at += 3;
        } else if (left >= sizeof(user) - 1 && memcmp(text + at, user, sizeof(user) - 1) == 0) {
            buf_append_str(out, user);
            at += sizeof(user) - 1;
            const char *quote = memrchr(text + at, '\'', shown - at);
            end = quote == NULL ? shown - at : (size_t)(quote - text) - at;
        } else {
            buf_append_char(out, text[at++]);
            continue;
        }
        if (end > 0)
            buf_append_str(out, HIDE_MARK);
        at += end;
    }
    if (shown < len)
        buf_append_str(out, " " HIDE_MARK);
}

static void cut(struct buf *line)
{
    char note[48];
    if (line->len <= LINE_MAX_BYTES)
        return;
    snprintf(note, sizeof(note), "... (%zu bytes more)", line->len - LINE_MAX_BYTES);
    line->data[LINE_MAX_BYTES] = '\0';
    line->len = LINE_MAX_BYTES;
    buf_append_str(line, note);
}

void trace_redact(struct request *request, enum trace_kind kind, bool is_rest, const char *line,
                  size_t len, struct buf *out)
{
    if (is_rest)
        buf_append_str(out, HIDE_MARK);
    else if (kind == TRACE_EVENT)
        add_event(request, line, len, out);
    else
        add_header(request, kind, line, len, out);
    hide(out, str_of(request->bearer));
    if (request->ops->redact != NULL)
        request->ops->redact(request, out);
    hide_headers(out, request->options->headers);
    cut(out);
}

static void log_line(const struct engine_slot *slot, char mark, const char *text)
{
    const struct request *request = slot->request;
    log_trace(engine_log(slot->engine), "%s, attempt %u: %c %s",
              request->name != NULL ? request->name : request->url, request->attempts, mark, text);
}

/* One event, or a block of header lines; libcurl may hand over a line in pieces. */
static void log_lines(struct engine_slot *slot, enum trace_kind kind, const char *data, size_t size)
{
    static const char marks[] = {[TRACE_EVENT] = '*', [TRACE_SENT] = '>', [TRACE_RECEIVED] = '<'};
    while (size > 0) {
        const char *end = memchr(data, '\n', size);
        size_t taken = end == NULL ? size : (size_t)(end - data) + 1;
        size_t len = end == NULL ? size : taken - 1;
        if (len > 0 && data[len - 1] == '\r')
            len--;
        if (len > 0) {
            struct buf line;
            buf_init(&line, REDACT_MAX_BYTES);
            trace_redact(slot->request, kind, slot->is_trace_cut[kind], data, len, &line);
            log_line(slot, marks[kind], line.data);
            buf_wipe(&line);
        }
        slot->is_trace_cut[kind] = end == NULL && kind != TRACE_EVENT;
        data += taken;
        size -= taken;
    }
}

int trace_on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
    struct engine_slot *slot = arg;
    char text[64];
    (void)easy;
    switch (type) {
    case CURLINFO_TEXT:
        log_lines(slot, TRACE_EVENT, data, size);
        break;
    case CURLINFO_HEADER_OUT:
        log_lines(slot, TRACE_SENT, data, size);
        break;
    case CURLINFO_HEADER_IN:
        log_lines(slot, TRACE_RECEIVED, data, size);
        break;
    case CURLINFO_DATA_OUT:
    case CURLINFO_DATA_IN:
        snprintf(text, sizeof(text), "(%zu bytes of a body)", size);
        log_line(slot, type == CURLINFO_DATA_OUT ? '>' : '<', text);
        break;
    default: /* TLS records */
        break;
    }
    return 0;
}
