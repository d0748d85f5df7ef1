/* The keyed hash. */
#include "rollcall/hash.h"
#include "../check.h"

/* The same key gives the same hash, and different texts different ones. */
static void test_same_key(void)
{
    struct hash_key key = hash_key_new();
    uint64_t seen[1000];
    for (size_t i = 0; i < 1000; i++) {
        char text[24];
        snprintf(text, sizeof text, "%0*zu", (int)(i % 20) + 1, i);
        seen[i] = hash_str(&key, str_of(text));
        CU_ASSERT_EQUAL(hash_str(&key, str_of(text)), seen[i]);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(seen[i], seen[j]);
    }
    CU_ASSERT_EQUAL(hash_str(&key, str_of(NULL)), hash_str(&key, str_of("")));
}

/* Who does not know the key cannot tell what collides: another one hashes all else. */
static void test_other_key(void)
{
    struct hash_key a = hash_key_new(), b = hash_key_new();
    CU_ASSERT(memcmp(&a, &b, sizeof a) != 0);
    CU_ASSERT_NOT_EQUAL(hash_str(&a, str_of("team-a")), hash_str(&b, str_of("team-a")));
    /* Either word of it counts. */
    for (size_t i = 0; i < 2; i++) {
        struct hash_key c = a;
        c.words[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(hash_str(&a, str_of("team-a")), hash_str(&c, str_of("team-a")));
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the same key", test_same_key}, {"another key", test_other_key}, CU_TEST_INFO_NULL};
    return check_run("unit/hash", tests);
}
