#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

void tokens_init(struct tokens *tokens)
{
    *tokens = (struct tokens){0};
    if (pthread_mutex_init(&tokens->lock, NULL) != 0)
        die("cannot make a lock");
}

void tokens_free(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->issued[i]);
    free(tokens->issued);
    free(tokens->uses);
    pthread_mutex_destroy(&tokens->lock);
}

const char *tokens_issue(struct tokens *tokens, const struct control *control)
{
    struct text token = {0};
    pthread_mutex_lock(&tokens->lock);
    size_t generation = tokens->count + 1;
    text_printf(&token, "eyJhbGciOiJFUzI1NiJ9.gen-%zu.%016llx_~+/", generation,
                (unsigned long long)hash_mix(generation));
    while ((long)token.len < control->token_len - 2)
        text_puts(&token, "x");
    text_puts(&token, "==");
    tokens->issued = sim_grow(tokens->issued, generation, sizeof *tokens->issued);
    tokens->uses = sim_grow(tokens->uses, generation, sizeof *tokens->uses);
    tokens->issued[tokens->count] = token.data;
    tokens->uses[tokens->count++] = 0;
    pthread_mutex_unlock(&tokens->lock);
    return token.data;
}

bool tokens_accept(struct tokens *tokens, const struct control *control, const char *header,
                   char presented[24])
{
    snprintf(presented, 24, header == NULL ? "none" : "bad");
    if (header == NULL || strncmp(header, "Bearer ", 7) != 0)
        return false;
    if (strcmp(header + 7, PRESET_TOKEN) == 0) {
        snprintf(presented, 24, "preset");
        return true;
    }
    bool is_good = false;
    pthread_mutex_lock(&tokens->lock);
    for (size_t i = tokens->count; i-- > 0;) {
        if (strcmp(tokens->issued[i], header + 7) != 0)
            continue;
        snprintf(presented, 24, "%zu", i + 1);
        bool can_expire = control->expire_after >= 0 && (i == 0 || control->expires_always);
        is_good = !can_expire || tokens->uses[i]++ < control->expire_after;
        break;
    }
    pthread_mutex_unlock(&tokens->lock);
    return is_good;
}
