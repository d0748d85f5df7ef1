/* The token endpoints. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf.h"
#include "control_internal.h"

enum endpoint { ENDPOINT_NONE, ENDPOINT_V1, ENDPOINT_V2, ENDPOINT_KEYCLOAK };

static bool is_text(const struct text *text, const char *expected)
{
    return text->data != NULL && strcmp(text->data, expected) == 0;
}

static enum endpoint endpoint_of_grant(enum grant grant)
{
    return grant == GRANT_OAUTH2     ? ENDPOINT_V2
           : grant == GRANT_KEYCLOAK ? ENDPOINT_KEYCLOAK
           : grant == GRANT_TOKEN    ? ENDPOINT_NONE
                                     : ENDPOINT_V1;
}

/* The realm is a segment of keycloak's path. */
static bool is_realm_path(const struct control *control, const char *path)
{
    static const char before[] = "/auth/realms/", after[] = "/protocol/openid-connect/token";
    if (strncmp(path, before, strlen(before)) != 0)
        return false;
    path += strlen(before);
    size_t len = strcspn(path, "/");
    struct text realm = {0};
    bool is_good = percent_decode(path, len, false, &realm) &&
                   strcmp(realm.data, control->realm) == 0 && strcmp(path + len, after) == 0;
    text_free(&realm);
    return is_good;
}

/* Which endpoint a path is, of those that are served. */
static enum endpoint find_endpoint(const struct control *control, const char *path)
{
    enum endpoint endpoint = ENDPOINT_NONE;
    if (control->token_path != NULL)
        return strcmp(path, control->token_path) == 0 ? endpoint_of_grant(control->grant)
                                                      : ENDPOINT_NONE;
    if (strcmp(path, "/api/v1/token") == 0)
        endpoint = ENDPOINT_V1;
    else if (strcmp(path, "/api/v2/token") == 0)
        endpoint = ENDPOINT_V2;
    else if (is_realm_path(control, path))
        endpoint = ENDPOINT_KEYCLOAK;
    bool is_served = control->takes_all_grants || endpoint_of_grant(control->grant) == endpoint;
    return is_served ? endpoint : ENDPOINT_NONE;
}

/* RFC 6749, section 5.2. */
static void oauth_error(struct answer *answer, int status, const char *message)
{
    answer->status = status;
    answer_header(answer, "Content-Type", "application/json");
    text_printf(&answer->content, "{\"error\":\"%s\",\"error_description\":",
                status == 401   ? "invalid_client"
                : status == 415 ? "invalid_request"
                : status < 500  ? "invalid_grant"
                                : "server_error");
    text_json(&answer->content, message, strlen(message));
    text_puts(&answer->content, "}");
}

static void refuse(struct answer *answer, enum endpoint endpoint, int status, const char *message)
{
    if (endpoint == ENDPOINT_V1)
        control_error(answer, status, message);
    else
        oauth_error(answer, status, message);
}

static bool read_form(const char *body, size_t len, struct credentials *credentials)
{
    static const char key[] = "client_secret=";
    bool is_good = form_get(body, len, "grant_type", &credentials->grant) &&
                   form_get(body, len, "client_id", &credentials->id) &&
                   form_get(body, len, "client_secret", &credentials->secret);
    if (!is_good)
        return false;
    form_get(body, len, "scope", &credentials->scope);
    /* Nothing in front of a form's pairs can hold a key that is preceded by '&'. */
    const char *at = strncmp(body, key, strlen(key)) == 0 ? body : strstr(body, "&client_secret=");
    at = strchr(at, '=') + 1;
    credentials->secret_at = (size_t)(at - body);
    credentials->secret_len = strcspn(at, "&");
    return true;
}

/* The refresh token that is good now: the secret, or the last one that was issued. */
static void put_refresh(struct text *out, const struct sim *sim, unsigned long number)
{
    if (number == 0 || !sim->fleet.control.rotates)
        text_puts(out, CLIENT_SECRET);
    else
        text_printf(out, "refresh-%lu.not.to.be.seen", number);
}

static bool is_good_secret(const struct sim *sim, const struct credentials *credentials)
{
    struct text good = {0};
    if (credentials->secret_key == 'r')
        put_refresh(&good, sim, atomic_load(&sim->refreshed));
    else
        text_puts(&good, CLIENT_SECRET);
    bool is_good = is_text(&credentials->secret, good.data);
    text_free(&good);
    return is_good;
}

/* One line: the content type and the body, in which a right secret is not shown. */
static void note(const struct sim *sim, const struct question *question,
                 const struct credentials *credentials, bool is_form)
{
    struct text line = {0};
    bool is_right = is_good_secret(sim, credentials);
    text_printf(&line, "%s\t", question->content_type == NULL ? "-" : question->content_type);
    for (size_t i = 0; i < question->body_len; i++) {
        unsigned char c = (unsigned char)question->body[i];
        if (is_right && i == credentials->secret_at) {
            text_puts(&line, is_form ? "SECRET" : "\"SECRET\"");
            i += credentials->secret_len - 1;
        } else if (c < 0x20 || c == 0x7f) {
            text_printf(&line, "\\x%02x", c);
        } else {
            text_add(&line, question->body + i, 1);
        }
    }
    text_puts(&line, "\n");
    if (write(sim->token_log_fd, line.data, line.len) != (ssize_t)line.len)
        die("token-requests.log: %s", strerror(errno));
    text_free(&line);
}

static void put_life(struct text *out, const char *key, long expires_in)
{
    if (expires_in >= 0)
        text_printf(out, ",\"%s\":%ld", key, expires_in);
}

/* A line with the token, for tests that look for traces of it. */
static void note_issued(const struct sim *sim, const char *token)
{
    struct text line = {0};
    text_printf(&line, "%s\n", token);
    if (write(sim->issued_log_fd, line.data, line.len) != (ssize_t)line.len)
        die("issued-tokens.log: %s", strerror(errno));
    text_free(&line);
}

/* What the answer has beside the token, of those endpoints that have more than one kind. */
static void put_companions(struct sim *sim, struct text *out, char secret_key)
{
    if (secret_key == 'c') {
        text_puts(out, ",\"idToken\":\"id.not.this\",\"refreshToken\":\"refresh.not.this\"");
    } else if (secret_key == 'r' && sim->fleet.control.rotates) {
        text_puts(out, ",\"refreshToken\":\"");
        put_refresh(out, sim, atomic_fetch_add(&sim->refreshed, 1) + 1);
        text_puts(out, "\"");
    }
}

static void issue(struct sim *sim, struct answer *answer, enum endpoint endpoint, char secret_key)
{
    const struct control *control = &sim->fleet.control;
    struct text *out = &answer->content;
    const char *token = tokens_issue(&sim->tokens, control);
    if (control->bad_token != NULL)
        token = control->bad_token;
    note_issued(sim, token);
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    bool is_id_only = endpoint == ENDPOINT_KEYCLOAK && control->has_id_token_only;
    text_puts(out, endpoint == ENDPOINT_V1 ? "{\"accessToken\":"
                   : is_id_only            ? "{\"id_token\":"
                                           : "{\"access_token\":");
    text_json(out, token, strlen(token));
    if (endpoint == ENDPOINT_V1) {
        put_companions(sim, out, secret_key);
        put_life(out, "expiresIn", control->expires_in);
    } else if (endpoint == ENDPOINT_V2) {
        text_puts(out, ",\"token_type\":\"Bearer\"");
        put_life(out, "expires_in", control->expires_in);
        text_puts(out, ",\"id_token\":\"id.not.this\",\"refresh_token\":\"refresh.not.this\"");
    } else {
        put_life(out, "expires_in", control->expires_in);
        text_puts(out, is_id_only ? "" : ",\"id_token\":\"id.not.this\"");
        text_puts(out, ",\"refresh_expires_in\":0,\"token_type\":\"bearer\","
                       "\"not-before-policy\":0,\"scope\":\"openid email profile\"");
    }
    text_puts(out, "}");
}

/* What is wrong with the grant, or NULL. */
static const char *judge_grant(const struct control *control, enum endpoint endpoint,
                               const struct credentials *credentials)
{
    if (endpoint != ENDPOINT_V1 && !is_text(&credentials->grant, "client_credentials"))
        return "unknown grant_type";
    if (endpoint == ENDPOINT_KEYCLOAK && !is_text(&credentials->scope, "openid"))
        return "the scope must be openid";
    if (endpoint != ENDPOINT_V1)
        return NULL;
    static const struct {
        enum grant grant;
        char secret_key;
        bool is_app, has_id;
    } grants[] = {{GRANT_APP_TOKEN, 'a', true, true},
                  {GRANT_CLIENT_CREDENTIALS, 'c', false, true},
                  {GRANT_EXTERNAL_TOKEN_EXCHANGE, 'e', false, false},
                  {GRANT_REFRESH_TOKEN, 'r', false, true}};
    for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++) {
        if (!is_text(&credentials->grant, grant_names[grants[i].grant]))
            continue;
        if (grants[i].is_app != credentials->is_app ||
            grants[i].secret_key != credentials->secret_key ||
            grants[i].has_id != (credentials->id.data != NULL))
            return "keys of another grantType";
        bool is_served = control->takes_all_grants || control->grant == grants[i].grant;
        return is_served ? NULL : "this grantType is not served";
    }
    return "unknown grantType";
}

static void judge(struct sim *sim, const struct question *question, enum endpoint endpoint,
                  struct answer *answer)
{
    static const char json_type[] = "application/json",
                      form_type[] = "application/x-www-form-urlencoded";
    const struct control *control = &sim->fleet.control;
    struct credentials credentials = {0};
    bool is_form = endpoint != ENDPOINT_V1;
    const char *type = is_form ? form_type : json_type;
    const char *body = question->body == NULL ? "" : question->body;
    bool is_read = is_form ? read_form(body, question->body_len, &credentials)
                           : control_read_json(body, question->body_len, &credentials);
    const char *wrong = is_read ? judge_grant(control, endpoint, &credentials) : NULL;
    note(sim, question, &credentials, is_form);
    if (question->content_type == NULL ||
        strncasecmp(question->content_type, type, strlen(type)) != 0)
        refuse(answer, endpoint, 415, "the request is of the wrong content type");
    else if (!is_read)
        refuse(answer, endpoint, 400, "the request cannot be understood");
    else if (wrong != NULL)
        refuse(answer, endpoint, 400, wrong);
    else if ((credentials.id.data != NULL && !is_text(&credentials.id, control->client_id)) ||
             !is_good_secret(sim, &credentials))
        refuse(answer, endpoint, 401,
               control->message == NULL ? "invalid application credentials" : control->message);
    else
        issue(sim, answer, endpoint, credentials.secret_key);
    text_free(&credentials.grant);
    text_free(&credentials.id);
    text_free(&credentials.secret);
    text_free(&credentials.scope);
}

static bool apply_fault(struct answer *answer, enum endpoint endpoint, const struct fault *fault,
                        const char *message)
{
    if (fault->kind != FAULT_STATUS || fault->number >= 0 || endpoint == ENDPOINT_V1)
        return answer_apply_fault(answer, fault, message);
    oauth_error(answer, fault->status, message == NULL ? "boom" : message);
    return true;
}

bool control_answer_token(struct sim *sim, const struct question *question, struct answer *answer,
                          bool *is_fault)
{
    const struct control *control = &sim->fleet.control;
    const struct fault *fault = &control->token_fault;
    enum endpoint endpoint = find_endpoint(control, question->uri);
    if (endpoint == ENDPOINT_NONE)
        return false;
    if (strcmp(question->method, "POST") != 0) {
        refuse(answer, endpoint, 405, "only POST is served here");
        return true;
    }
    long number = atomic_fetch_add(&sim->token_requests, 1);
    long served = 0;
    *is_fault = fault->kind != FAULT_NONE && number >= control->token_fault_after;
    if (*is_fault)
        served = atomic_fetch_add(&sim->token_faults_served, 1);
    *is_fault =
        *is_fault && (control->token_fault_times < 0 || served < control->token_fault_times);
    if (!*is_fault || !apply_fault(answer, endpoint, fault, control->message))
        judge(sim, question, endpoint, answer);
    if (*is_fault && fault->kind == FAULT_TRUNCATED_JSON)
        answer->content.len /= 2;
    if (*is_fault && fault_is_raw(fault))
        answer->raw = fault->kind;
    return true;
}
