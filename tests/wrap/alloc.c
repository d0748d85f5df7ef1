/*
 * Lets allocations fail: linked into build/rollcall-torture with --wrap (see the Makefile), it
 * counts those of the program's own objects, and with them those of the libraries that are given
 * functions of ours: yajl by yajl_alloc_funcs, libcurl by curl_global_init_mem(), and here OpenSSL.
 * The one that the file $TORTURE_STATE names fails, and with TORTURE_FROM all after it.
 *
 * Not counted, since they do not survive it (each allocation of a small document made to fail):
 * - libconfig 1.5 uses calloc()'s result as it is: config_init() writes to config->root, which is
 *   NULL then. Of 23 allocations in config_init() and config_read_string() 16 end with SIGSEGV, 3
 *   with its scanner's exit(2) and "out of dynamic memory in libconfig_yy...()".
 * - yajl 2.1 likewise: yajl_alloc() and yajl_buf_append() write to what malloc gave; 7 of 7 end
 * with SIGSEGV. So it is given functions that never return NULL, since they end the program with
 *   status 1; these are counted.
 * - What glibc allocates for itself: `ulimit -v` in e2e/home_faults is for them.
 */
#include "../interpose/torture.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct torture *state;

static void *openssl_malloc(size_t size, const char *file, int line);
static void *openssl_realloc(void *old, size_t size, const char *file, int line);
static void openssl_free(void *memory, const char *file, int line);

__attribute__((constructor)) static void begin(void)
{
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        abort();
    const char *path = getenv(TORTURE_STATE);
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *memory = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        abort();
    state = memory;
}

/* When main() is over, so that what a build for coverage writes then is spared. */
__attribute__((destructor)) static void end(void)
{
    state = NULL;
}

static bool fails(void)
{
    if (state == NULL)
        return false;
    uint32_t number = __atomic_add_fetch(&state->counts[TORTURE_alloc], 1, __ATOMIC_RELAXED);
    if (state->nth == 0 || state->function != TORTURE_alloc ||
        (state->mode == TORTURE_FROM ? number < state->nth : number != state->nth))
        return false;
    __atomic_fetch_add(&state->injected, 1, __ATOMIC_RELAXED);
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
int __real___vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __real_vasprintf(char **out, const char *format, va_list args);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __wrap_vasprintf(char **out, const char *format, va_list args);
CURLcode __wrap_curl_global_init(long flags);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args)
{
    return fails() ? -1 : __real___vasprintf_chk(out, flag, format, args);
}

int __wrap_vasprintf(char **out, const char *format, va_list args)
{
    return fails() ? -1 : __real_vasprintf(out, format, args);
}

/* A program that leaves libcurl its own allocator gets ours, so that libcurl's count too. */
CURLcode __wrap_curl_global_init(long flags)
{
    return curl_global_init_mem(flags, __wrap_malloc, free, __wrap_realloc, __wrap_strdup,
                                __wrap_calloc);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size == 0 ? NULL : __wrap_malloc(size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    if (size > 0)
        return __wrap_realloc(old, size);
    openssl_free(old, file, line);
    return NULL;
}
