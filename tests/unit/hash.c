/* The keyed hash. */
#include "rollcall/hash.h"
#include "../check.h"

typedef uint64_t hash_fn(const struct hash_key *key, struct str text);
static hash_fn *const functions[] = {hash_str, hash_quick};

/* The same key gives the same hash, and different texts different ones. */
static void check_same_key(hash_fn *hash)
{
    struct hash_key key = hash_key_new();
    uint64_t seen[1000];
    for (size_t i = 0; i < 1000; i++) {
        char text[64];
        snprintf(text, sizeof text, "%0*zu", (int)(i % 50) + 1, i);
        seen[i] = hash(&key, str_of(text));
        CU_ASSERT_EQUAL(hash(&key, str_of(text)), seen[i]);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(seen[i], seen[j]);
    }
    CU_ASSERT_EQUAL(hash(&key, str_of(NULL)), hash(&key, str_of("")));
}

static void test_same_key(void)
{
    for (size_t i = 0; i < 2; i++)
        check_same_key(functions[i]);
}

/* Every byte counts, at every length, and so does the place of a block. */
static void test_every_byte(void)
{
    struct hash_key key = hash_key_new();
    char text[80];
    for (size_t f = 0; f < 2; f++)
        for (size_t len = 0; len < sizeof text; len++) {
            memset(text, 0, sizeof text);
            uint64_t zeros = functions[f](&key, (struct str){text, len});
            CU_ASSERT_NOT_EQUAL(functions[f](&key, (struct str){text, len + 1}), zeros);
            for (size_t i = 0; i < len; i++) {
                text[i] = 1;
                CU_ASSERT_NOT_EQUAL(functions[f](&key, (struct str){text, len}), zeros);
                text[i] = 0;
            }
        }
    memset(text, 'a', 48);
    memset(text + 16, 'b', 16);
    uint64_t before = hash_quick(&key, (struct str){text, 48});
    memset(text + 16, 'a', 16);
    memset(text, 'b', 16);
    CU_ASSERT_NOT_EQUAL(hash_quick(&key, (struct str){text, 48}), before);
}

/* Who does not know the key cannot tell what collides: another one hashes all else. */
static void test_other_key(void)
{
    struct hash_key a = hash_key_new(), b = hash_key_new();
    CU_ASSERT(memcmp(&a, &b, sizeof a) != 0);
    for (size_t f = 0; f < 2; f++) {
        hash_fn *hash = functions[f];
        CU_ASSERT_NOT_EQUAL(hash(&a, str_of("team-a")), hash(&b, str_of("team-a")));
        /* Either word of it counts. */
        for (size_t i = 0; i < 2; i++) {
            struct hash_key c = a;
            c.words[i] ^= 1;
            CU_ASSERT_NOT_EQUAL(hash(&a, str_of("team-a")), hash(&c, str_of("team-a")));
        }
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the same key", test_same_key},
                                 {"another key", test_other_key},
                                 {"every byte counts", test_every_byte},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/hash", tests);
}
