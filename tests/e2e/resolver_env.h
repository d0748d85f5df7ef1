/* The environment that puts tests/interpose/resolver.c into the program under test. */
#ifndef RESOLVER_ENV_H
#define RESOLVER_ENV_H

#include <stdlib.h>
#include <string.h>

#include "lib/e2e.h"

struct resolver_env {
    char *texts[E2E_PRELOAD_COUNT + 3];
};

/* `alias`: the address of names that end in ".alias.test", and of others that get one. What was
 * looked up is in DIR/resolver, and the addresses of names in DIR/hosts. */
static inline void resolver_env_open(struct resolver_env *env, struct e2e_fleet *fleet,
                                     const char *alias)
{
    e2e_preload("resolver", env->texts);
    if (asprintf(&env->texts[2], "RESOLVER_LOG=%s", e2e_path(fleet, "resolver")) < 0 ||
        asprintf(&env->texts[3], "RESOLVER_ALIAS=%s", alias) < 0 ||
        asprintf(&env->texts[4], "RESOLVER_HOSTS=%s", e2e_path(fleet, "hosts")) < 0)
        e2e_die("out of memory");
}

static inline void resolver_env_use(const struct resolver_env *env, struct e2e_run *run)
{
    for (size_t i = 0; i < sizeof env->texts / sizeof env->texts[0]; i++)
        run->env[i] = env->texts[i];
}

static inline void resolver_env_close(struct resolver_env *env)
{
    for (size_t i = 0; i < sizeof env->texts / sizeof env->texts[0]; i++)
        free(env->texts[i]);
}

/* How often names that end so were looked up. */
static inline size_t resolver_lookups(struct e2e_fleet *fleet, const char *end)
{
    size_t count = 0;
    char *log = e2e_read(e2e_path(fleet, "resolver"), NULL), *rest = log;
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        size_t len = strlen(line), end_len = strlen(end);
        count += len >= end_len && strcmp(line + len - end_len, end) == 0;
    }
    free(log);
    return count;
}

#endif
