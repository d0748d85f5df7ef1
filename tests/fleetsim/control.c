#include "control.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf.h"

/* A cursor over the request's JSON. */
struct reader {
    const char *at, *end;
};

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0')
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static void add_utf8(struct text *out, unsigned code)
{
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(first[len] | code);
    text_add(out, bytes, len);
}

static bool take_hex(struct reader *r, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = r->at < r->end && *r->at != '\0' ? strchr(digits, *r->at | 0x20) : NULL;
        if (digit == NULL)
            return false;
        *code = *code * 16 + (unsigned)(digit - digits);
    }
    return true;
}

static bool take_escape(struct reader *r, struct text *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end || *r->at == '\0')
        return false;
    char c = *r->at++;
    const char *name = strchr(names, c);
    if (name != NULL) {
        text_add(out, &values[name - names], 1);
        return true;
    }
    unsigned high, low;
    if (c != 'u' || !take_hex(r, &high))
        return false;
    if (high >= 0xd800 && high < 0xdc00) {
        if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return false;
        r->at += 2;
        if (!take_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(out, high);
    return true;
}

static bool take_string(struct reader *r, struct text *out)
{
    out->len = 0;
    text_add(out, "", 0);
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20)
            return false;
        if (*r->at == '\\') {
            r->at++;
            if (!take_escape(r, out))
                return false;
        } else {
            text_add(out, r->at++, 1);
        }
    }
    return take(r, '"');
}

/* The request of the app_token grant: one flat object of strings, and nothing behind it. */
struct credentials {
    struct text grant, id, secret;
};

static bool parse_credentials(const char *body, size_t len, struct credentials *credentials)
{
    struct reader r = {body, body + len};
    struct text key = {0}, value = {0};
    bool is_good = take(&r, '{');
    do {
        is_good = is_good && take_string(&r, &key) && take(&r, ':') && take_string(&r, &value);
        struct text *field = NULL;
        if (is_good && strcmp(key.data, "grantType") == 0)
            field = &credentials->grant;
        else if (is_good && strcmp(key.data, "AppId") == 0)
            field = &credentials->id;
        else if (is_good && strcmp(key.data, "AppSecret") == 0)
            field = &credentials->secret;
        if (field != NULL) {
            text_free(field);
            text_add(field, value.data, value.len);
        }
    } while (is_good && take(&r, ','));
    is_good = is_good && take(&r, '}');
    skip_blanks(&r);
    text_free(&key);
    text_free(&value);
    return is_good && r.at == r.end;
}

static bool is_text(const struct text *text, const char *expected)
{
    return text->data != NULL && strcmp(text->data, expected) == 0;
}

static void issue(struct sim *sim, struct answer *answer)
{
    const struct control *control = &sim->fleet.control;
    const char *token = tokens_issue(&sim->tokens, control);
    if (control->bad_token != NULL)
        token = control->bad_token;
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    text_puts(&answer->content, "{\"accessToken\":");
    text_json(&answer->content, token, strlen(token));
    if (control->expires_in >= 0)
        text_printf(&answer->content, ",\"expiresIn\":%ld", control->expires_in);
    text_puts(&answer->content, "}");
}

static void judge(struct sim *sim, const struct question *question, struct answer *answer)
{
    struct credentials credentials = {0};
    if (strcmp(question->method, "POST") != 0)
        answer_error(answer, 405, "only POST is served here");
    else if (question->content_type == NULL ||
             strncasecmp(question->content_type, "application/json", 16) != 0)
        answer_error(answer, 415, "the request must be application/json");
    else if (!parse_credentials(question->body, question->body_len, &credentials))
        answer_error(answer, 400, "the request is no JSON object of strings");
    else if (!is_text(&credentials.grant, "app_token"))
        answer_error(answer, 400, "unknown grantType");
    else if (!is_text(&credentials.id, CLIENT_ID) || !is_text(&credentials.secret, CLIENT_SECRET))
        answer_error(answer, 401,
                     sim->fleet.control.message == NULL ? "invalid application credentials"
                                                        : sim->fleet.control.message);
    else
        issue(sim, answer);
    text_free(&credentials.grant);
    text_free(&credentials.id);
    text_free(&credentials.secret);
}

void control_answer(struct sim *sim, const struct question *question, struct answer *answer)
{
    const struct control *control = &sim->fleet.control;
    const struct fault *fault = &control->token_fault;
    char served[64];
    bool is_fault = false;
    answer->delay_ms = control->latency_ms;
    if (strcmp(question->uri, "/api/v1/token") != 0) {
        answer_error(answer, 404, "no such path");
    } else {
        long count = fault->kind == FAULT_NONE ? 0 : atomic_fetch_add(&sim->token_faults_served, 1);
        is_fault = fault->kind != FAULT_NONE &&
                   (control->token_fault_times < 0 || count < control->token_fault_times);
        if (!is_fault || !answer_apply_fault(answer, fault, control->message))
            judge(sim, question, answer);
        if (is_fault && fault->kind == FAULT_TRUNCATED_JSON)
            answer->content.len /= 2;
        if (is_fault && fault_is_raw(fault))
            answer->raw = fault->kind;
    }
    if (is_fault)
        snprintf(served, sizeof served, "fault:%s", fault->name);
    else
        snprintf(served, sizeof served, "%d", answer->status);
    reqlog_add(sim->log, "control", question->connection, question->method, question->uri,
               question->authorization == NULL ? "none" : "bad", served);
}
