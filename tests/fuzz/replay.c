/*
 * Runs a fuzz target on every file of its corpus, without libFuzzer: each one a test, in a process
 * of its own, so that one that crashes or hangs costs only itself. Files may be named instead, and
 * then run in this process, as a debugger wants it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fuzz.h"
#include "rollcall/mem.h"

#define CORPUS   "tests/fuzz/corpus"
#define FILE_MAX ((size_t)1 << 20)
#define LIMIT_S  60 /* for one file; libFuzzer's is shorter, but its machine is not as busy */

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static bool is_running; /* the target has not come back */

/* A library that ends the process in the middle of a run is no success, whatever it says. */
static void judge_exit(void)
{
    if (is_running)
        _exit(2);
}

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    char *room = mem_new(FILE_MAX, 1);
    size_t len = fread(room, 1, FILE_MAX, file);
    bool is_read = ferror(file) == 0;
    fclose(file);
    /* No byte more than there is, so that a sanitizer sees a read beyond it. */
    uint8_t *data = mem_new(len, 1);
    memcpy(data, room, len);
    free(room);
    is_running = true;
    if (is_read)
        LLVMFuzzerTestOneInput(data, len);
    is_running = false;
    free(data);
    return is_read;
}

static bool run_apart(const char *path)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(LIMIT_S);
        exit(run_file(path) ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        return false;
    }
    if (WIFSIGNALED(status))
        printf("  %s: ended by signal %d\n", path, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        printf("  %s: ended with status %d\n", path, WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_corpus(void)
{
    struct dirent **entries = NULL;
    unsigned passed = 0, failed = 0;
    char *directory = mem_printf("%s/%s", CORPUS, fuzz_name);
    int count = scandir(directory, &entries, is_visible, alphasort);
    if (count <= 0) {
        printf("  %s: no corpus\n", directory);
        failed++;
    }
    for (int i = 0; i < count; i++) {
        char *path = mem_printf("%s/%s", directory, entries[i]->d_name);
        if (run_apart(path))
            passed++;
        else
            failed++;
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(directory);
    printf("fuzz/%s: %u passed, %u failed\n", fuzz_name, passed, failed);
    return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool is_ok = atexit(judge_exit) == 0;
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    if (argc == 1)
        return run_corpus();
    for (int i = 1; i < argc; i++)
        is_ok = run_file(argv[i]) && is_ok;
    return is_ok ? 0 : 1;
}
