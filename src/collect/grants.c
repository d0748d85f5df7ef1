#include "grants.h"

#include <string.h>

#include "rollcall/json_write.h"
#include "rollcall/text.h"

/* POST /api/v1/token: in JSON, the identity (NULL: none) and the secret under the grant's own keys.
 */
static bool make_json_body(const char *grant, const char *id_key, const char *id,
                           const char *secret_key, struct str secret, struct buf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, json_sink_buf, out);
    json_begin_object(&writer, JSON_INLINE);
    json_key(&writer, "grantType");
    json_string(&writer, grant);
    if (id_key != NULL) {
        json_key(&writer, id_key);
        json_string(&writer, id);
    }
    json_key(&writer, secret_key);
    json_str(&writer, secret);
    json_end(&writer);
    bool is_made = json_finish(&writer);
    if (is_made)
        out->data[--out->len] = '\0'; /* without the line's end */
    explicit_bzero(&writer, sizeof(writer));
    return is_made;
}

static bool make_app_token_body(const struct control_plane_config *config, struct str secret,
                                struct buf *out)
{
    return make_json_body("app_token", "AppId", config->client_id, "AppSecret", secret, out);
}

static bool make_client_credentials_body(const struct control_plane_config *config,
                                         struct str secret, struct buf *out)
{
    return make_json_body("client_credentials", "clientId", config->client_id, "clientSecret",
                          secret, out);
}

static bool make_exchange_body(const struct control_plane_config *config, struct str secret,
                               struct buf *out)
{
    (void)config;
    return make_json_body("external_token_exchange", NULL, NULL, "externalToken", secret, out);
}

static bool make_refresh_body(const struct control_plane_config *config, struct str secret,
                              struct buf *out)
{
    return make_json_body("refresh_token", "clientId", config->client_id, "refreshToken", secret,
                          out);
}

/* RFC 6749, section 4.4.2 with the client's identity in the body (section 2.3.1). */
static bool make_oauth2_body(const struct control_plane_config *config, struct str secret,
                             struct buf *out)
{
    buf_append_str(out, "grant_type=client_credentials&client_id=");
    text_percent_encode(config->client_id, strlen(config->client_id), out);
    buf_append_str(out, "&client_secret=");
    text_percent_encode(secret.data, secret.len, out);
    return !out->is_over;
}

static bool make_keycloak_body(const struct control_plane_config *config, struct str secret,
                               struct buf *out)
{
    return make_oauth2_body(config, secret, out) && buf_append_str(out, "&scope=openid");
}

#define JSON_TYPE "application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"

const struct grant_ops *grant_find(enum grant grant)
{
    static const struct grant_ops table[] = {
        [GRANT_APP_TOKEN] = {"/api/v1/token", JSON_TYPE, make_app_token_body},
        [GRANT_CLIENT_CREDENTIALS] = {"/api/v1/token", JSON_TYPE, make_client_credentials_body},
        [GRANT_OAUTH2] = {"/api/v2/token", FORM_TYPE, make_oauth2_body},
        [GRANT_KEYCLOAK] = {"/auth/realms/{realm}/protocol/openid-connect/token", FORM_TYPE,
                            make_keycloak_body, .takes_id_token = true},
        [GRANT_EXTERNAL_TOKEN_EXCHANGE] = {"/api/v1/token", JSON_TYPE, make_exchange_body},
        [GRANT_REFRESH_TOKEN] = {"/api/v1/token", JSON_TYPE, make_refresh_body,
                                 .keeps_refresh_token = true},
        [GRANT_TOKEN] = {NULL},
    };
    return &table[grant];
}

char *grant_url(const struct control_plane_config *config)
{
    static const char placeholder[] = "{realm}";
    const char *path =
        config->token_path != NULL ? config->token_path : grant_find(config->grant)->path;
    const char *place = config->realm == NULL ? NULL : strstr(path, placeholder);
    struct buf url;
    buf_init(&url, 16 * 1024);
    buf_append_str(&url, config->url);
    if (place != NULL) {
        buf_append(&url, path, (size_t)(place - path));
        text_percent_encode(config->realm, strlen(config->realm), &url);
        path = place + strlen(placeholder);
    }
    buf_append_str(&url, path);
    return buf_take(&url);
}
