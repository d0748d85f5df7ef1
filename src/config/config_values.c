#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_internal.h"
#include "rollcall/file.h"
#include "rollcall/text.h"

#define NAME_MAX_BYTES     253
#define IDENTITY_MAX_BYTES 1024
#define UUID_MAX_BYTES     64
#define REALM_MAX_BYTES    255
#define PATH_MAX_BYTES     4096
#define BODY_MAX_BYTES     (1LL << 40)

static void problem_why(struct loader *l, const config_setting_t *setting, const char *expected,
                        const char *why)
{
    config_problem(l, setting, "\"%s\" must be %s: %s", config_name_of(setting), expected, why);
}

/* Sets the field to `value`, or says what is wrong with the setting. */
static void take_unless(struct loader *l, const config_setting_t *setting, void *field,
                        const char *fault, const char *expected, const char *value)
{
    if (fault != NULL)
        problem_why(l, setting, expected, fault);
    else
        *(const char **)field = value;
}

/* Sets the field to the text if it is printable and of 1 to `max` bytes. */
static void take_printable(struct loader *l, const config_setting_t *setting, void *field,
                           size_t max, const char *expected)
{
    const char *text = config_get_string(l, setting);
    if (text == NULL)
        return;
    size_t len = strlen(text);
    if (len == 0 || len > max || !config_is_printable(text))
        config_problem_value(l, setting, expected);
    else
        *(const char **)field = arena_strdup(l->arena, text);
}

/* A copy of the text without the slashes at its end. */
static const char *copy_unslashed(struct loader *l, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        len--;
    return arena_copy(l->arena, text, len);
}

/* The bytes in "512", "512K", "512M" or "512G"; -1 when it is none of these. */
static int64_t parse_bytes(const char *text)
{
    static const char suffixes[] = "KMG";
    char number[24];
    size_t len = strlen(text);
    unsigned shift = 0;
    const char *suffix = len == 0 ? NULL : strchr(suffixes, text[len - 1]);
    if (suffix != NULL) {
        shift = 10 * (unsigned)(suffix - suffixes + 1);
        len--;
    }
    uint64_t value;
    if (len >= sizeof number)
        return -1;
    memcpy(number, text, len);
    number[len] = '\0';
    if (!text_parse_uint(number, (uint64_t)BODY_MAX_BYTES >> shift, &value))
        return -1;
    return (int64_t)(value << shift);
}

void config_set_bytes(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    (void)key;
    if (config_has_overflow(l, setting))
        return;
    int type = config_setting_type(setting);
    int64_t bytes = -1;
    if (type == CONFIG_TYPE_STRING)
        bytes = parse_bytes(config_setting_get_string(setting));
    else if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
        bytes = config_setting_get_int64(setting);
    if (bytes >= 1 && bytes <= BODY_MAX_BYTES)
        *(int64_t *)field = bytes;
    else
        config_problem_value(l, setting,
                             "a number of bytes from 1 to \"1024G\", with K, M or G in a string");
}

void config_set_identity(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    (void)key;
    const char *text = config_get_string(l, setting);
    if (text == NULL)
        return;
    size_t len = strlen(text);
    if (len == 0 || len > IDENTITY_MAX_BYTES || !text_is_utf8(text, len)) {
        config_problem(l, setting, "\"%s\" must be valid UTF-8 of 1 to 1024 bytes",
                       config_name_of(setting));
        return;
    }
    *(const char **)field = arena_strdup(l->arena, text);
}

void config_set_name(struct loader *l, const config_setting_t *setting, const struct key *key,
                     void *field)
{
    (void)key;
    take_printable(l, setting, field, NAME_MAX_BYTES, "printable UTF-8 of 1 to 253 bytes");
}

void config_set_uuid(struct loader *l, const config_setting_t *setting, const struct key *key,
                     void *field)
{
    (void)key;
    take_printable(l, setting, field, UUID_MAX_BYTES,
                   "what the control plane calls it, 1 to 64 bytes");
}

/* Refuses what no realm is called, which is most likely a path or percent-encoded already. */
void config_set_realm(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    (void)key;
    const char *text = config_get_string(l, setting);
    if (text == NULL)
        return;
    size_t len = strlen(text);
    if (len == 0 || len > REALM_MAX_BYTES || !config_is_printable(text) ||
        strpbrk(text, "/\\?#%") != NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        config_problem_value(l, setting,
                             "the realm's name alone, printable, of 1 to 255 bytes, without / \\ ? "
                             "# %");
    else
        *(const char **)field = arena_strdup(l->arena, text);
}

/* Never repeats the URL in a message: what is wrong with it may be the password in it. */
void config_set_url(struct loader *l, const config_setting_t *setting, const struct key *key,
                    void *field)
{
    (void)key;
    const char *url = config_get_string(l, setting);
    if (url == NULL)
        return;
    int allow_http = CONFIG_FALSE;
    config_setting_lookup_bool(config_setting_parent(setting), "allow_http", &allow_http);
    take_unless(l, setting, field, config_url_fault(url, allow_http == CONFIG_TRUE),
                "https://HOST[:PORT][/PATH]", copy_unslashed(l, url));
}

void config_set_base_path(struct loader *l, const config_setting_t *setting, const struct key *key,
                          void *field)
{
    (void)key;
    const char *path = config_get_string(l, setting);
    if (path != NULL)
        take_unless(l, setting, field, config_base_path_fault(path),
                    "\"\" or a path such as \"/researcher\"", copy_unslashed(l, path));
}

void config_set_jobs_path(struct loader *l, const config_setting_t *setting, const struct key *key,
                          void *field)
{
    (void)key;
    const char *path = config_get_string(l, setting);
    if (path == NULL)
        return;
    bool is_reset = path[0] == '\0';
    take_unless(l, setting, field, is_reset ? NULL : config_jobs_path_fault(path),
                "\"\" or a path such as \"/api/v1/jobs/{project}\"",
                is_reset ? NULL : arena_strdup(l->arena, path));
}

void config_set_token_path(struct loader *l, const config_setting_t *setting, const struct key *key,
                           void *field)
{
    (void)key;
    const char *path = config_get_string(l, setting);
    if (path != NULL)
        take_unless(l, setting, field, config_token_path_fault(path),
                    "a path such as \"/api/v1/token\"", arena_strdup(l->arena, path));
}

static bool is_path(struct loader *l, const config_setting_t *setting, const char *path)
{
    size_t len = strlen(path);
    if (len > 0 && len < PATH_MAX_BYTES)
        return true;
    config_problem(l, setting, "\"%s\" must be a path of 1 to 4095 bytes", config_name_of(setting));
    return false;
}

void config_set_path(struct loader *l, const config_setting_t *setting, const struct key *key,
                     void *field)
{
    (void)key;
    const char *path = config_get_string(l, setting);
    if (path != NULL && is_path(l, setting, path))
        *(const char **)field = config_join(l, path);
}

static const char *readable_fault(const char *path)
{
    int fd = file_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0)
        return strerror(errno);
    struct stat st;
    const char *fault = NULL;
    if (fstat(fd, &st) != 0)
        fault = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        fault = S_ISDIR(st.st_mode) ? "it is a directory" : "it is no regular file";
    close(fd);
    return fault;
}

/* "" takes back what was inherited. */
void config_set_readable_path(struct loader *l, const config_setting_t *setting,
                              const struct key *key, void *field)
{
    (void)key;
    const char *path = config_get_string(l, setting);
    if (path == NULL)
        return;
    if (path[0] == '\0') {
        *(const char **)field = NULL;
        return;
    }
    if (!is_path(l, setting, path))
        return;
    const char *joined = config_join(l, path);
    const char *fault = readable_fault(joined);
    if (fault != NULL)
        config_problem(l, setting, "\"%s\": cannot read %s: %s", config_name_of(setting), joined,
                       fault);
    else
        *(const char **)field = joined;
}

void config_set_mode(struct loader *l, const config_setting_t *setting, const struct key *key,
                     void *field)
{
    (void)key;
    const char *text = config_get_string(l, setting);
    if (text == NULL)
        return;
    size_t len = strlen(text);
    if (len < 3 || len > 4 || strspn(text, "01234567") != len) {
        config_problem_value(l, setting, "an octal mode such as \"0640\"");
        return;
    }
    mode_t mode = (mode_t)strtoul(text, NULL, 8);
    if ((mode & 07000) != 0)
        config_problem_value(l, setting, "a mode without setuid, setgid and sticky bits");
    else if ((mode & 0002) != 0)
        config_problem_value(l, setting, "a mode that does not let everyone write");
    else
        *(mode_t *)field = mode;
}
