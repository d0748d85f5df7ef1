#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/report.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define FORMAT          "\"format\":\"rollcall.report/1\""

/* A directory of the test's own with one file in it. */
struct scene {
    char directory[40];
    char *path;
    struct arena *arena;
    const char **names;
    size_t count;
};

static FILE *scene_open(struct scene *scene)
{
    *scene = (struct scene){.directory = "/tmp/rollcall-test-XXXXXX", .arena = arena_new()};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scene->directory));
    scene->path = mem_printf("%s/report", scene->directory);
    FILE *file = fopen(scene->path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

static void scene_close(struct scene *scene)
{
    unlink(scene->path);
    CU_ASSERT_EQUAL(rmdir(scene->directory), 0);
    free(scene->path);
    arena_free(scene->arena);
}

/* Reads with results preset to what no reader may leave there after a failure. */
static bool read_names(struct scene *scene, const char *path)
{
    static const char *none[1];
    scene->names = none;
    scene->count = 77;
    return report_read_names(path, scene->arena, &scene->names, &scene->count);
}

static void test_names(void)
{
    struct scene scene;
    FILE *file = scene_open(&scene);
    fputs("\xEF\xBB\xBF{ " FORMAT ", \"run\": {\"name\":1}, \"clusters\": [\n"
          "{\"projects\":[{\"name\":\"p\"}], \"name\":\"us-1\", \"error\":null},\n"
          "{\"name\":\"\xc3\xa9\\\"\"},{\"name\":\"eu-1\"} ],\n"
          "\"workloads\":[{\"name\":\"w\",\"clusters\":[{\"name\":\"no\"}]}]}\n",
          file);
    fclose(file);
    CU_ASSERT_FATAL(read_names(&scene, scene.path));
    CU_ASSERT_EQUAL_FATAL(scene.count, 3);
    CHECK_STR(scene.names[0], "us-1");
    CHECK_STR(scene.names[1], "\xc3\xa9\"");
    CHECK_STR(scene.names[2], "eu-1");
    scene_close(&scene);
}

#define NAME_63  "123456789012345678901234567890123456789012345678901234567890123"
#define NAME_253 NAME_63 NAME_63 NAME_63 NAME_63 "-"

static void test_shapes(void)
{
    static const struct {
        const char *text;
        bool is_report;
        size_t count;
    } cases[] = {
        {"{" FORMAT ",\"clusters\":[]}", true, 0},
        {"{\"clusters\":[{\"name\":\"a\"}]," FORMAT "}", true, 1},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", true, 2},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"" NAME_253 "\"}]}", true, 1},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"" NAME_253 "x\"}]}", false, 0},
        {"", false, 0},
        {"{}", false, 0},
        {"[]", false, 0},
        {"null", false, 0},
        {"<html>", false, 0},
        {"{" FORMAT "}", false, 0},
        {"{\"clusters\":[]}", false, 0},
        {"{\"format\":\"rollcall.report/2\",\"clusters\":[]}", false, 0},
        {"{\"format\":\"rollcall.report/10\",\"clusters\":[]}", false, 0},
        {"{\"format\":null,\"clusters\":[]}", false, 0},
        {"{\"format\":[\"rollcall.report/1\"],\"clusters\":[]}", false, 0},
        {"{" FORMAT "," FORMAT ",\"clusters\":[]}", false, 0},
        {"{" FORMAT ",\"clusters\":[],\"clusters\":[]}", false, 0},
        {"{" FORMAT ",\"clusters\":null}", false, 0},
        {"{" FORMAT ",\"clusters\":{\"name\":\"a\"}}", false, 0},
        {"{" FORMAT ",\"clusters\":[\"a\"]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"},null]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"},{}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":null}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":7}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"\"}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\\u0000b\"}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\",\"name\":\"b\"}]}", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"}]", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"}]} x", false, 0},
        {"{" FORMAT ",\"clusters\":[{\"name\":\"a\"}],\"workloads\":[{]}", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        FILE *file = scene_open(&scene);
        fputs(cases[i].text, file);
        fclose(file);
        bool is_report = read_names(&scene, scene.path);
        if (is_report != cases[i].is_report)
            fprintf(stderr, "    %s\n", cases[i].text);
        CU_ASSERT_EQUAL(is_report, cases[i].is_report);
        CU_ASSERT_EQUAL(scene.count, cases[i].count);
        scene_close(&scene);
    }
}

/* Many blocks of the file, and a string that is longer than any of ours may be. */
static void test_large(void)
{
    struct scene scene;
    FILE *file = scene_open(&scene);
    fputs("{" FORMAT ",\"clusters\":[{\"name\":\"c0\"}", file);
    for (int i = 1; i < 20000; i++)
        fprintf(file, ",{\"name\":\"c%d\",\"url\":\"https://c%d.acme.example\"}", i, i);
    fputs("],\"workloads\":[", file);
    for (int i = 0; i < 50000; i++)
        fprintf(file, "%s{\"name\":\"w%d\",\"nodes\":[]}", i == 0 ? "" : ",", i);
    fputs("]}", file);
    fclose(file);
    CU_ASSERT_FATAL(read_names(&scene, scene.path));
    CU_ASSERT_EQUAL_FATAL(scene.count, 20000);
    for (size_t i = 0; i < scene.count; i += 999) {
        char expected[24];
        snprintf(expected, sizeof expected, "c%zu", i);
        CHECK_STR(scene.names[i], expected);
    }
    scene_close(&scene);

    file = scene_open(&scene);
    fputs("{" FORMAT ",\"clusters\":[],\"workloads\":\"", file);
    for (int i = 0; i <= 1 << 20; i++)
        putc('x', file);
    fputs("\"}", file);
    fclose(file);
    CU_ASSERT_FALSE(read_names(&scene, scene.path));
    CU_ASSERT_EQUAL(scene.count, 0);
    scene_close(&scene);
}

static void test_too_many(void)
{
    for (int extra = 0; extra < 2; extra++) {
        struct scene scene;
        FILE *file = scene_open(&scene);
        fputs("{" FORMAT ",\"clusters\":[{\"name\":\"c\"}", file);
        for (int i = 1; i < 1000000 + extra; i++)
            fputs(",{\"name\":\"c\"}", file);
        fputs("]}", file);
        fclose(file);
        CU_ASSERT_EQUAL(read_names(&scene, scene.path), extra == 0);
        CU_ASSERT_EQUAL(scene.count, extra == 0 ? 1000000 : 0);
        scene_close(&scene);
    }
}

/* What `latest.json` is, and what a path may be instead of a report. */
static void test_files(void)
{
    struct scene scene;
    FILE *file = scene_open(&scene);
    fputs("{" FORMAT ",\"clusters\":[{\"name\":\"a\"}]}", file);
    fclose(file);
    char *other = mem_printf("%s/other", scene.directory);
    CU_ASSERT_EQUAL(symlink("report", other), 0);
    CU_ASSERT(read_names(&scene, other));
    CU_ASSERT_EQUAL(scene.count, 1);
    unlink(other);
    CU_ASSERT_FALSE(read_names(&scene, other));
    CU_ASSERT_EQUAL(scene.count, 0);
    CU_ASSERT_EQUAL(symlink("nowhere", other), 0);
    CU_ASSERT_FALSE(read_names(&scene, other));
    unlink(other);
    CU_ASSERT_EQUAL(mkfifo(other, 0600), 0);
    CU_ASSERT_FALSE(read_names(&scene, other));
    CU_ASSERT_EQUAL(scene.count, 0);
    unlink(other);
    CU_ASSERT_FALSE(read_names(&scene, scene.directory));
    /* A pipe that holds a whole report is none either. */
    static const char report[] = "{" FORMAT ",\"clusters\":[]}";
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL(write(ends[1], report, sizeof report - 1), (ssize_t)sizeof report - 1);
    close(ends[1]);
    char *piped = mem_printf("/proc/self/fd/%d", ends[0]);
    CU_ASSERT_FALSE(read_names(&scene, piped));
    free(piped);
    close(ends[0]);
    free(other);
    scene_close(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the names, and no others", test_names},
        {"what is a report and what is not", test_shapes},
        {"a large report", test_large},
        {"too many clusters", test_too_many},
        {"regular files, through links too", test_files},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/previous", tests);
}
