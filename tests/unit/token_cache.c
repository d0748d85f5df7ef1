/* The token cache: used when it is sound, ours and fresh, and never an error. */
#include "../../src/collect/token_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"

#define NOW_MS 1000000

struct scene {
    char directory[64];
    char *path;
    struct control_plane_config config;
};

static void scene_open(struct scene *scene)
{
    strcpy(scene->directory, "/tmp/rollcall-cache-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scene->directory));
    scene->path = mem_printf("%s/cache", scene->directory);
    scene->config = (struct control_plane_config){
        .url = "https://cp.example", .client_id = "me", .token_cache = scene->path};
}

static void scene_close(struct scene *scene)
{
    unlink(scene->path);
    CU_ASSERT_EQUAL(rmdir(scene->directory), 0);
    free(scene->path);
}

static void put(struct scene *scene, const char *text, mode_t mode)
{
    FILE *file = fopen(scene->path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    CU_ASSERT_EQUAL(chmod(scene->path, mode), 0);
}

/* Whether a token is read, and that it is this one. */
static bool reads(const struct scene *scene, int64_t now_ms)
{
    struct buf token;
    struct token_times times = {0};
    buf_init(&token, 4096);
    bool is_read = token_cache_read(&scene->config, now_ms, &token, &times);
    if (is_read)
        CHECK_STR(token.data, "tok.en");
    buf_wipe(&token);
    return is_read;
}

static void test_round_trip(void)
{
    struct scene scene;
    struct stat status;
    struct buf token;
    const struct token_times times = {NOW_MS + 10, NOW_MS + 20};
    scene_open(&scene);
    buf_init(&token, 100);
    buf_append_str(&token, "tok.en");
    CU_ASSERT_FALSE(reads(&scene, NOW_MS));
    token_cache_write(&scene.config, &token, &times);
    CU_ASSERT_EQUAL(stat(scene.path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0600);
    CU_ASSERT_TRUE(reads(&scene, NOW_MS));
    CU_ASSERT_TRUE(reads(&scene, NOW_MS + 9));
    CU_ASSERT_FALSE(reads(&scene, NOW_MS + 10));
    scene.config.client_id = "you";
    CU_ASSERT_FALSE(reads(&scene, NOW_MS));
    scene.config.client_id = "me";
    scene.config.url = "https://other.example";
    CU_ASSERT_FALSE(reads(&scene, NOW_MS));
    buf_free(&token);
    scene_close(&scene);
}

/* A token without a known end is of no use to a later run. */
static void test_endless(void)
{
    struct scene scene;
    struct buf token;
    scene_open(&scene);
    buf_init(&token, 100);
    buf_append_str(&token, "tok.en");
    token_cache_write(&scene.config, &token, &(struct token_times){0});
    CU_ASSERT_NOT_EQUAL(access(scene.path, F_OK), 0);
    buf_free(&token);
    scene_close(&scene);
}

#define GOOD                                                                                       \
    "{\"url\":\"https://cp.example\",\"client_id\":\"me\",\"access_token\":\"tok.en\","            \
    "\"renew_at_ms\":1000010,\"expires_at_ms\":1000020}"

static void test_unsound(void)
{
    static const struct {
        const char *text;
        mode_t mode;
        bool is_read;
    } cases[] = {
        {GOOD, 0600, true},
        {GOOD, 0400, true},
        {GOOD, 0640, false},
        {GOOD, 0604, false},
        {GOOD "x", 0600, false},
        {"", 0600, false},
        {"not json", 0600, false},
        {"{\"url\":\"https://cp.example\",\"client_id\":\"me\",\"renew_at_ms\":1000010}", 0600,
         false},
        {"{\"url\":\"https://cp.example\",\"client_id\":\"me\",\"access_token\":\"tok.en\"}", 0600,
         false},
        {"{\"url\":\"https://cp.example\",\"client_id\":\"me\",\"access_token\":\"tok.en\","
         "\"renew_at_ms\":\"1000010\"}",
         0600, false},
    };
    struct scene scene;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(&scene, cases[i].text, 0600);
        CU_ASSERT_EQUAL(chmod(scene.path, cases[i].mode), 0);
        CU_ASSERT_EQUAL(reads(&scene, NOW_MS), cases[i].is_read);
        unlink(scene.path);
    }
    /* What is no file of ours is left alone. */
    CU_ASSERT_EQUAL(symlink("/dev/zero", scene.path), 0);
    CU_ASSERT_FALSE(reads(&scene, NOW_MS));
    unlink(scene.path);
    CU_ASSERT_EQUAL(mkfifo(scene.path, 0600), 0);
    CU_ASSERT_FALSE(reads(&scene, NOW_MS));
    scene_close(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"written and read", test_round_trip},
                                 {"a token without an end", test_endless},
                                 {"files that are not sound", test_unsound},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/token_cache", tests);
}
