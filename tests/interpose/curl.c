/*
 * A libcurl that fails, for a program under test: preloaded, curl_easy_init() fails from the call
 * on whose number is in $CURL_INIT_FAILS (1 is the first), and so does curl_multi_add_handle() from
 * that in $CURL_ADD_FAILS. The program calls them from one thread.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool fails(const char *variable, unsigned long call)
{
    const char *from = getenv(variable);
    return from != NULL && call >= strtoul(from, NULL, 10);
}

/* dlsym() gives an object pointer; ISO C knows no cast of one to a function. */
static void find_real(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL)
        abort();
    memcpy(function, &symbol, sizeof symbol);
}

CURL *curl_easy_init(void)
{
    static unsigned long calls;
    CURL *(*real)(void);
    find_real("curl_easy_init", &real);
    return fails("CURL_INIT_FAILS", ++calls) ? NULL : real();
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    static unsigned long calls;
    CURLMcode (*real)(CURLM *, CURL *);
    find_real("curl_multi_add_handle", &real);
    return fails("CURL_ADD_FAILS", ++calls) ? CURLM_OUT_OF_MEMORY : real(multi, easy);
}
