#include "grants.h"

#include <string.h>

#include "rollcall/json_write.h"

/* POST /api/v1/token, "app_token": the application's identity in JSON. */
static bool make_app_token_body(const struct control_plane_config *config,
                                const struct secret *secret, struct buf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, json_sink_buf, out);
    json_begin_object(&writer, JSON_INLINE);
    json_key(&writer, "grantType");
    json_string(&writer, "app_token");
    json_key(&writer, "AppId");
    json_string(&writer, config->client_id);
    json_key(&writer, "AppSecret");
    json_str(&writer, (struct str){secret_bytes(secret), secret_len(secret)});
    json_end(&writer);
    bool is_made = json_finish(&writer);
    explicit_bzero(&writer, sizeof(writer));
    return is_made;
}

const struct grant_ops *grant_find(enum grant grant)
{
    static const struct grant_ops app_token = {"/api/v1/token", "application/json",
                                               make_app_token_body};
    static const struct grant_ops token = {0};
    return grant == GRANT_APP_TOKEN ? &app_token : &token;
}
