#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    free(tokens->issued_ms);
    pthread_mutex_destroy(&tokens->lock);
}

/* A JWT's head and claims. */
static void put_claims(struct text *token, const struct control *control, size_t generation)
{
    struct text claims = {0};
    text_printf(&claims, "{\"sub\":\"%s\",\"gen\":%zu", CLIENT_ID, generation);
    if (control->jwt_exp >= 0)
        text_printf(&claims, ",\"exp\":%lld", (long long)time(NULL) + control->jwt_exp);
    text_puts(&claims, "}");
    text_puts(token, "eyJhbGciOiJFUzI1NiJ9.");
    text_base64(token, claims.data, claims.len, true);
    text_free(&claims);
}

const char *tokens_issue(struct tokens *tokens, const struct control *control)
{
    struct text token = {0};
    pthread_mutex_lock(&tokens->lock);
    size_t generation = tokens->count + 1;
    put_claims(&token, control, generation);
    text_printf(&token, ".%016llx_~+/", (unsigned long long)hash_mix(generation));
    while ((long)token.len < control->token_len - 2)
        text_puts(&token, "x");
    text_puts(&token, "==");
    tokens->issued = sim_grow(tokens->issued, generation, sizeof *tokens->issued);
    tokens->uses = sim_grow(tokens->uses, generation, sizeof *tokens->uses);
    tokens->issued_ms = sim_grow(tokens->issued_ms, generation, sizeof *tokens->issued_ms);
    tokens->issued_ms[tokens->count] = now_ms();
    tokens->issued[tokens->count] = token.data;
    tokens->uses[tokens->count++] = 0;
    pthread_mutex_unlock(&tokens->lock);
    return token.data;
}

void tokens_own(const struct cluster *cluster, struct text *out)
{
    text_printf(out, "own.%016llx", (unsigned long long)hash_text(cluster->name, 3));
}

static bool is_own(const struct cluster *cluster, const char *token)
{
    struct text own = {0};
    tokens_own(cluster, &own);
    bool is_same = strcmp(own.data, token) == 0;
    text_free(&own);
    return is_same;
}

bool tokens_accept(struct tokens *tokens, const struct control *control,
                   const struct cluster *cluster, const char *header, char presented[24])
{
    snprintf(presented, 24, header == NULL ? "none" : "bad");
    if (header == NULL || strncmp(header, "Bearer ", 7) != 0)
        return false;
    if (cluster != NULL && cluster->has_own_token) {
        bool is_accepted = is_own(cluster, header + 7);
        snprintf(presented, 24, is_accepted ? "own" : "bad");
        return is_accepted;
    }
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
        if (control->token_life_ms >= 0 &&
            now_ms() - tokens->issued_ms[i] >= control->token_life_ms)
            is_good = false;
        break;
    }
    pthread_mutex_unlock(&tokens->lock);
    return is_good;
}
