#include "rollcall/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include "rollcall/swar.h"

struct hash_key hash_key_new(void)
{
    struct hash_key key = {0};
    if (getrandom(key.words, sizeof(key.words), GRND_NONBLOCK) != (ssize_t)sizeof(key.words))
        key.words[0] ^= (uint64_t)(uintptr_t)&key;
    return key;
}

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* Up to seven bytes, the first one lowest. */
static inline uint64_t load_rest(const char *data, size_t len)
{
    unsigned char bytes[8] = {0};
    uint64_t word;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)data[i];
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

__extension__ typedef unsigned __int128 uint128;

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A text of less than a block. Not inlined, for it would cost the others its stack. */
static __attribute__((noinline)) uint64_t hash_short(const struct hash_key *key, struct str text)
{
    uint64_t low = load_rest(text.data, text.len < SWAR_BYTES ? text.len : SWAR_BYTES);
    uint64_t high =
        text.len <= SWAR_BYTES ? 0 : load_rest(text.data + SWAR_BYTES, text.len - SWAR_BYTES);
    return fold(low ^ key->words[0], high ^ key->words[1] ^ text.len);
}

/* The last block is the text's last 16 bytes, whatever it shares with the one before. */
uint64_t hash_quick(const struct hash_key *key, struct str text)
{
    const size_t block = 2 * SWAR_BYTES;
    if (text.len < block)
        return hash_short(key, text);
    uint64_t hash = key->words[1] ^ text.len;
    const char *last = text.data + text.len - block;
    for (const char *at = text.data; at < last; at += block)
        hash = fold(swar_load(at) ^ key->words[0], swar_load(at + SWAR_BYTES) ^ hash);
    return fold(swar_load(last) ^ key->words[0], swar_load(last + SWAR_BYTES) ^ hash);
}

uint64_t hash_str(const struct hash_key *key, struct str text)
{
    const uint64_t *seed = key->words;
    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575ULL, seed[1] ^ 0x646f72616e646f6dULL,
                     seed[0] ^ 0x6c7967656e657261ULL, seed[1] ^ 0x7465646279746573ULL};
    size_t at = 0;
    for (; at + SWAR_BYTES <= text.len; at += SWAR_BYTES)
        sip_word(v, le64toh(swar_load(text.data + at)));
    sip_word(v, load_rest(text.data + at, text.len - at) | (uint64_t)text.len << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
