/* What the tests of the configuration share: a directory to write files to, and loading them. */
#ifndef CONFIG_SCENE_H
#define CONFIG_SCENE_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/buf.h"
#include "rollcall/config.h"
#include "rollcall/mem.h"

static const char *const formats[] = {"json", "prometheus", "table", NULL};

/* Each test works in a directory of its own, so that messages hold relative paths only. */
struct scene {
    int old_directory;
    char path[32];
    struct buf messages;
};

static inline void scene_begin(struct scene *scene)
{
    scene->old_directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strcpy(scene->path, "/tmp/rollcall-XXXXXX");
    buf_init(&scene->messages, 1 << 24);
    if (scene->old_directory < 0 || mkdtemp(scene->path) == NULL || chdir(scene->path) != 0)
        abort();
}

static inline void scene_end(struct scene *scene)
{
    char *command = mem_printf("rm -rf %s", scene->path);
    if (fchdir(scene->old_directory) != 0 || system(command) != 0)
        abort();
    close(scene->old_directory);
    free(command);
    buf_free(&scene->messages);
}

static inline void write_bytes(const char *path, const char *data, size_t len)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        abort();
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static inline void make_directory(const char *path)
{
    if (mkdir(path, 0700) != 0)
        abort();
}

static inline void take_message(void *arg, bool is_warning, const char *message)
{
    struct buf *messages = arg;
    buf_append_str(messages, is_warning ? "warning: " : "");
    buf_append_str(messages, message);
    buf_append_char(messages, '\n');
}

static inline struct config *load(struct scene *scene, const char *path)
{
    buf_clear(&scene->messages);
    buf_append_str(&scene->messages, "");
    return config_load(path, formats, take_message, &scene->messages);
}

static inline struct config *load_text(struct scene *scene, const char *text)
{
    write_text("rollcall.conf", text);
    return load(scene, "rollcall.conf");
}

/* Loads what has to be fine. */
static inline struct config *load_good(struct scene *scene, const char *text)
{
    struct config *config = load_text(scene, text);
    CHECK_STR(scene->messages.data, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    return config;
}

static inline void check_bad(struct scene *scene, const char *text, const char *expected)
{
    struct config *config = load_text(scene, text);
    CU_ASSERT_PTR_NULL(config);
    CHECK_STR(scene->messages.data, expected);
    config_free(config);
}

static inline void check_list(const char *const *list, const char *expected)
{
    struct buf joined;
    buf_init(&joined, 4096);
    buf_append_str(&joined, "");
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        buf_append_str(&joined, i == 0 ? "" : "|");
        buf_append_str(&joined, list[i]);
    }
    CHECK_STR(joined.data, expected);
    buf_free(&joined);
}

#define CONTROL                                                                                    \
    "control_plane : { url = \"https://cp.example\"; client_id = \"a\"; "                          \
    "client_secret : { file = \"s\"; }; };\n"
#define CLUSTER "clusters = ( { name = \"a\"; url = \"https://a.example\"; } );\n"
/* A case's own text begins on line 3. */
#define BASE CONTROL CLUSTER

struct bad_case {
    const char *text;
    const char *expected;
};

static inline void check_bad_cases(const struct bad_case *cases, size_t count)
{
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < count; i++)
        check_bad(&scene, cases[i].text, cases[i].expected);
    scene_end(&scene);
}

#define CHECK_BAD_CASES(cases) check_bad_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PLANE(inside) CLUSTER "control_plane : { url = \"https://cp\";\n" inside "};\n"
#define APP           "client_id = \"a\"; client_secret : { file = \"s\"; };"

#define OPTION(inside) CONTROL "clusters = ( { name = \"a\"; url = \"https://a\";\n" inside "} );\n"

#endif
