/* The endpoint keys and cluster keys whose values hold more than one thing. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_internal.h"
#include "rollcall/text.h"

#define PROJECT_MAX_BYTES 1024
#define LABEL_MAX_BYTES   1024
#define HEADER_MAX_BYTES  8192
#define GLOB_MAX_BYTES    1024

/* A project's namespace is this and its name; a namespace's name has at most 253 bytes. */
#define NAMESPACE_PREFIX    "runai-"
#define NAMESPACE_MAX_BYTES 253

static const char token_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "!#$%&'*+-.^_`|~"; /* RFC 7230 */

bool config_is_printable(const char *text)
{
    size_t len = strlen(text);
    struct buf printable;
    buf_init(&printable, 16 * len + 16);
    text_printable(text, len, &printable);
    bool is_same = printable.len == len && memcmp(printable.data, text, len) == 0;
    buf_free(&printable);
    return is_same;
}

/* A proxy's password would be in every message that names the proxy, so neither is taken. */
void config_set_proxy(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    (void)key;
    const char *url = config_get_string(l, setting);
    if (url == NULL)
        return;
    const char *fault = url[0] == '\0' ? NULL : config_proxy_fault(url);
    if (fault != NULL)
        config_problem(l, setting, "\"proxy\" must be \"\" for none, or SCHEME://HOST[:PORT]: %s",
                       fault);
    else
        *(const char **)field = arena_strdup(l->arena, url);
}

/* Headers that are rollcall's own business. */
static const struct {
    const char *name, *reason;
} own_headers[] = {
    {"Authorization", "the token goes there"},
    {"Proxy-Authorization", "it would be sent to the clusters as well"},
    {"Host", "it comes from the url"},
    {"Content-Length", "it comes from the request"},
    {"Content-Type", "it comes from the request"},
    {"Transfer-Encoding", "it comes from the request"},
    {"Accept-Encoding", "it says what can be decoded"},
    {"Connection", "it comes from the HTTP version"},
    {"User-Agent", "it names rollcall and its version"},
};

/* Messages name a header, never its value, which may be a key. */
static bool check_header(struct loader *l, const config_setting_t *item, const char *text)
{
    size_t name_len = strspn(text, token_bytes);
    const char *value = text + name_len;
    if (name_len == 0 || *value != ':') {
        config_problem(l, item, "an item of \"headers\" must be \"Name: value\"");
        return false;
    }
    value++;
    value += strspn(value, " \t");
    if (*value == '\0' || strlen(text) > HEADER_MAX_BYTES) {
        config_problem(l, item, "the header \"%.*s\" must have a value, and at most 8192 bytes",
                       (int)name_len, text);
        return false;
    }
    for (const char *p = value; *p != '\0'; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f) {
            config_problem(l, item, "the header \"%.*s\" holds a control character", (int)name_len,
                           text);
            return false;
        }
    for (size_t i = 0; i < sizeof own_headers / sizeof own_headers[0]; i++)
        if (strlen(own_headers[i].name) == name_len &&
            strncasecmp(own_headers[i].name, text, name_len) == 0) {
            config_problem(l, item, "the header \"%s\" cannot be set: %s", own_headers[i].name,
                           own_headers[i].reason);
            return false;
        }
    return true;
}

void config_set_headers(struct loader *l, const config_setting_t *setting, const struct key *key,
                        void *field)
{
    (void)key;
    size_t count;
    const char **headers = config_get_strings(l, setting, check_header, &count);
    if (headers != NULL)
        *(const char *const **)field = headers;
}

/* Entries for the same host and port are neighbours when sorted by this. */
static int compare_resolves(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    for (unsigned colons = 0;; x++, y++) {
        int left = tolower((unsigned char)*x), right = tolower((unsigned char)*y);
        if (left != right)
            return left < right ? -1 : 1;
        if (left == '\0' || (left == ':' && ++colons == 2))
            return 0;
    }
}

static bool check_resolve(struct loader *l, const config_setting_t *item, const char *text)
{
    const char *fault = config_resolve_fault(text);
    if (fault == NULL)
        return true;
    config_problem(l, item, "an item of \"resolve\" must be \"HOST:PORT:ADDRESS\": %s", fault);
    return false;
}

void config_set_resolve(struct loader *l, const config_setting_t *setting, const struct key *key,
                        void *field)
{
    (void)key;
    size_t count;
    const char **items = config_get_strings(l, setting, check_resolve, &count);
    if (items == NULL)
        return;
    const char **sorted = mem_new(count + 1, sizeof *sorted);
    memcpy(sorted, items, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_resolves);
    for (size_t i = 1; i < count; i++)
        if (compare_resolves(&sorted[i - 1], &sorted[i]) == 0)
            config_problem(l, setting, "\"resolve\" gives two addresses for one host and port, %s",
                           sorted[i]);
    free(sorted);
    *(const char *const **)field = items;
}

static bool check_glob(struct loader *l, const config_setting_t *item, const char *text)
{
    size_t len = strlen(text);
    if (len > 0 && len <= GLOB_MAX_BYTES && config_is_printable(text))
        return true;
    config_problem_value(l, item, "a glob for clusters' names, printable, of 1 to 1024 bytes");
    return false;
}

void config_set_globs(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    (void)key;
    size_t count;
    const char **globs = config_get_strings(l, setting, check_glob, &count);
    if (globs != NULL)
        *(const char *const **)field = globs;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool check_label(struct loader *l, const config_setting_t *item, const char *text)
{
    const char *sign = strchr(text, '=');
    if (sign != NULL && sign != text && strlen(text) <= LABEL_MAX_BYTES &&
        config_is_printable(text))
        return true;
    config_problem_value(l, item, "\"key=value\", printable and of at most 1024 bytes");
    return false;
}

void config_set_labels(struct loader *l, const config_setting_t *setting, const struct key *key,
                       void *field)
{
    (void)key;
    size_t count;
    const char **labels = config_get_strings(l, setting, check_label, &count);
    if (labels == NULL)
        return;
    qsort(labels, count, sizeof *labels, compare_texts);
    /* Labels of one key are neighbours: they share all bytes up to the "=". */
    for (size_t i = 1; i < count; i++) {
        size_t key_len = strcspn(labels[i], "=");
        if (strncmp(labels[i - 1], labels[i], key_len + 1) == 0)
            config_problem(l, setting, "the label \"%.*s\" is given twice", (int)key_len,
                           labels[i]);
    }
    *(const char *const **)field = labels;
}

static bool check_project(struct loader *l, const config_setting_t *item, const char *text)
{
    size_t len = strlen(text);
    if (len > 0 && len <= PROJECT_MAX_BYTES && config_is_printable(text))
        return true;
    config_problem_value(l, item, "a project's name, printable UTF-8 of 1 to 1024 bytes");
    return false;
}

void config_set_projects(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    (void)key;
    size_t count;
    const char **projects = config_get_strings(l, setting, check_project, &count);
    if (projects == NULL)
        return;
    const char **sorted = mem_new(count + 1, sizeof *sorted);
    memcpy(sorted, projects, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            config_problem(l, setting, "the project \"%.64s\" is given twice", sorted[i]);
    free(sorted);
    *(const char *const **)field = projects;
}

void config_check_namespaces(struct loader *l, const config_setting_t *setting,
                             const char *const *projects)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    for (size_t i = 0; projects[i] != NULL; i++) {
        size_t len = strlen(projects[i]);
        if (len > NAMESPACE_MAX_BYTES - strlen(NAMESPACE_PREFIX))
            config_problem(l, setting,
                           "the project \"%.64s…\" has no namespace: \"" NAMESPACE_PREFIX
                           "\" and its name are more than 253 bytes",
                           projects[i]);
        else if (strspn(projects[i], bytes) != len || projects[i][len - 1] == '-' ||
                 projects[i][len - 1] == '.')
            config_problem(l, setting,
                           "the project \"%.64s\" has no namespace: \"" NAMESPACE_PREFIX
                           "%.64s\" is no name that kubernetes allows (a to z, 0 to 9, \"-\")",
                           projects[i], projects[i]);
    }
}
