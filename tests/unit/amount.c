#include <stdlib.h>

#include "../check.h"
#include "rollcall/amount.h"

#define M 1000000LL

static const struct {
    const char *text;
    int64_t amount; /* AMOUNT_NULL: refused */
} cases[] = {
    {"0", 0},
    {"-0", 0},
    {"-0.0e5", 0},
    {"0.000e-999999999999999999999999", 0},
    {"0e99999999999999999999999999", 0},
    {"1", M},
    {"0.5", M / 2},
    {"2.5", 5 * M / 2},
    {"0.1", M / 10},
    {"0.000001", 1},
    {"0.0000004", 0},
    {"0.0000005", 1},
    {"0.00000049999999999999999999", 0},
    {"0.0000015", 2},
    {"0.00000149", 1},
    {"1.9999995", 2 * M},
    {"1.9999994", 2 * M - 1},
    {"0.00000005", 0},
    {"5e-7", 1},
    {"4.9e-7", 0},
    {"9e-8", 0},
    {"1e-400", 0},
    {"1E+2", 100 * M},
    {"1e2", 100 * M},
    {"12.5e1", 125 * M},
    {"0.0125e4", 125 * M},
    {"125000e-3", 125 * M},
    {"0.00000000000000000001e20", M},
    {"1000000000", AMOUNT_MAX},
    {"1e9", AMOUNT_MAX},
    {"1000000000.000", AMOUNT_MAX},
    {"999999999.9999999", AMOUNT_MAX},
    {"1000000000.0000001", AMOUNT_NULL},
    {"1000000000.000000000000000000000001", AMOUNT_NULL},
    {"1000000001", AMOUNT_NULL},
    {"9999999999", AMOUNT_NULL},
    {"1e10", AMOUNT_NULL},
    {"1e400", AMOUNT_NULL},
    {"1e99999999999999999999999999", AMOUNT_NULL},
    {"-1", AMOUNT_NULL},
    {"-0.0000001", AMOUNT_NULL},
    {"-1e-400", AMOUNT_NULL},
    /* no JSON numbers */
    {"", AMOUNT_NULL},
    {"-", AMOUNT_NULL},
    {"+1", AMOUNT_NULL},
    {"01", AMOUNT_NULL},
    {"00", AMOUNT_NULL},
    {".5", AMOUNT_NULL},
    {"5.", AMOUNT_NULL},
    {"1e", AMOUNT_NULL},
    {"1e+", AMOUNT_NULL},
    {"1.e5", AMOUNT_NULL},
    {" 1", AMOUNT_NULL},
    {"1 ", AMOUNT_NULL},
    {"1,5", AMOUNT_NULL},
    {"0x10", AMOUNT_NULL},
    {"NaN", AMOUNT_NULL},
    {"Infinity", AMOUNT_NULL},
};

/* As in the tests of Kubernetes' own parser, and what is not for GPUs. */
static const struct {
    const char *text;
    int64_t amount; /* AMOUNT_NULL: refused */
} quantities[] = {
    {"0", 0},
    {"2", 2 * M},
    {"+2", 2 * M},
    {"-0", 0},
    {"007", 7 * M},
    {"000", 0},
    {"00.5", M / 2},
    {".5", M / 2},
    {"+.5", M / 2},
    {"5.", 5 * M},
    {"0.", 0},
    {"0.25", M / 4},
    {"500m", M / 2},
    {"1500m", 3 * M / 2},
    {"0.5m", 500},
    {".5m", 500},
    {"333333u", 333333},
    {"999n", 1},
    {"499n", 0},
    {"1k", 1000 * M},
    {"1M", 1000000 * M},
    {"1G", AMOUNT_MAX},
    {"1.0000000001G", AMOUNT_NULL},
    {"2G", AMOUNT_NULL},
    {"1T", AMOUNT_NULL},
    {"1P", AMOUNT_NULL},
    {"1E", AMOUNT_NULL},
    {"0E", 0},
    {"1e3", 1000 * M},
    {"1E3", 1000 * M},
    {"1E+3", 1000 * M},
    {"1e-3", 1000},
    {".5e1", 5 * M},
    {"5.e1", 50 * M},
    {"-1", AMOUNT_NULL},
    {"-500m", AMOUNT_NULL},
    {"1Ki", AMOUNT_NULL},
    {"1Mi", AMOUNT_NULL},
    {"1K", AMOUNT_NULL},
    {"1g", AMOUNT_NULL},
    {"1mm", AMOUNT_NULL},
    {"1e3m", AMOUNT_NULL},
    {"", AMOUNT_NULL},
    {"+", AMOUNT_NULL},
    {"m", AMOUNT_NULL},
    {".", AMOUNT_NULL},
    {".m", AMOUNT_NULL},
    {"1.2.3", AMOUNT_NULL},
    {"1..", AMOUNT_NULL},
    {"..5", AMOUNT_NULL},
    {"+-1", AMOUNT_NULL},
    {"--1", AMOUNT_NULL},
    {"1e", AMOUNT_NULL},
    {"1 m", AMOUNT_NULL},
    {" 1", AMOUNT_NULL},
    {"1 ", AMOUNT_NULL},
    {"0x1", AMOUNT_NULL},
    {"1e00000000000000", M},
    {"1e000000000000003", AMOUNT_NULL},
    {"0000000000000000000000000000000000000000000000000000000000000001", M},
    {"00000000000000000000000000000000000000000000000000000000000000001", AMOUNT_NULL},
};

static void test_quantities(void)
{
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        const char *text = quantities[i].text;
        int64_t amount = 77;
        bool is_read = amount_parse_quantity(text, strlen(text), &amount);
        if (amount != quantities[i].amount)
            fprintf(stderr, "    \"%s\": got %lld\n", text, (long long)amount);
        CU_ASSERT_EQUAL(amount, quantities[i].amount);
        CU_ASSERT_EQUAL(is_read, quantities[i].amount != AMOUNT_NULL);
    }
    int64_t amount = 77;
    CU_ASSERT_FALSE(amount_parse_quantity("1\0m", 3, &amount));
    CU_ASSERT_EQUAL(amount, AMOUNT_NULL);
}

static void test_multiply(void)
{
    static const struct {
        int64_t amount, count, product;
    } products[] = {
        {M / 2, 3 * M, 3 * M / 2},
        {1, 2 * M, 2},
        {0, AMOUNT_MAX, 0},
        {AMOUNT_MAX, 0, 0},
        {AMOUNT_MAX, M, AMOUNT_MAX},
        {M, AMOUNT_MAX, AMOUNT_MAX},
        {AMOUNT_MAX, 2 * M, AMOUNT_NULL},
        {AMOUNT_MAX, AMOUNT_MAX, AMOUNT_NULL},
        {AMOUNT_MAX / 2 + 1, 2 * M, AMOUNT_NULL},
        {M, M / 2, AMOUNT_NULL},
        {0, 1, AMOUNT_NULL},
    };
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        int64_t product = 77;
        bool is_there = amount_multiply(products[i].amount, products[i].count, &product);
        CU_ASSERT_EQUAL(product, products[i].product);
        CU_ASSERT_EQUAL(is_there, products[i].product != AMOUNT_NULL);
    }
}

static void test_parse(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t amount = 77;
        bool is_read = amount_parse(cases[i].text, strlen(cases[i].text), &amount);
        bool is_right = amount == cases[i].amount && is_read == (cases[i].amount != AMOUNT_NULL);
        if (!is_right)
            fprintf(stderr, "    \"%s\": got %lld\n", cases[i].text, (long long)amount);
        CU_ASSERT_TRUE(is_right);
    }
}

static void test_parse_len(void)
{
    int64_t amount;
    CU_ASSERT_TRUE(amount_parse("12.55", 2, &amount));
    CU_ASSERT_EQUAL(amount, 12 * M);
    CU_ASSERT_FALSE(amount_parse("12.55", 3, &amount));
    CU_ASSERT_FALSE(amount_parse("1\0", 2, &amount));
}

/* 5,000 digits, with and without the exponent that brings them back into range. */
static void test_parse_long(void)
{
    char text[6000];
    int64_t amount;
    memset(text, '9', 5000);
    CU_ASSERT_FALSE(amount_parse(text, 5000, &amount));
    memcpy(text + 5000, "e-4999", 7);
    CU_ASSERT_TRUE(amount_parse(text, strlen(text), &amount));
    CU_ASSERT_EQUAL(amount, 10 * M);
    memcpy(text + 5000, "e-5007", 7);
    CU_ASSERT_TRUE(amount_parse(text, strlen(text), &amount));
    CU_ASSERT_EQUAL(amount, 0);

    memset(text, '0', 5000);
    text[1] = '.';
    memcpy(text + 5000, "25e4998", 8);
    CU_ASSERT_TRUE(amount_parse(text, strlen(text), &amount));
    CU_ASSERT_EQUAL(amount, M / 4);
    memcpy(text + 5000, "25e5010", 8);
    CU_ASSERT_FALSE(amount_parse(text, strlen(text), &amount));
}

static void test_format(void)
{
    const struct {
        amount_sum sum;
        const char *text;
    } sums[] = {
        {0, "0"},
        {1, "0.000001"},
        {10, "0.00001"},
        {M, "1"},
        {10 * M, "10"},
        {5 * M / 2, "2.5"},
        {123456789, "123.456789"},
        {100000, "0.1"},
        {-5 * M / 2, "-2.5"},
        {-1, "-0.000001"},
        {(amount_sum)AMOUNT_MAX * 1000000000, "1000000000000000000"},
        {(amount_sum)AMOUNT_MAX * 1000000000 + 1, "1000000000000000000.000001"},
    };
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        char out[AMOUNT_SIZE];
        CU_ASSERT_EQUAL(amount_format(sums[i].sum, out), strlen(sums[i].text));
        CHECK_STR(out, sums[i].text);
    }
}

static void test_format_extremes(void)
{
    char out[AMOUNT_SIZE];
    amount_sum most = ((amount_sum)1 << 126) - 1 + ((amount_sum)1 << 126);
    CU_ASSERT_EQUAL(amount_format(most, out), 40);
    CHECK_STR(out, "170141183460469231731687303715884.105727");
    amount_format(-most - 1, out);
    CHECK_STR(out, "-170141183460469231731687303715884.105728");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"reading", test_parse},
        {"the length counts, not a NUL", test_parse_len},
        {"5,000 digits", test_parse_long},
        {"Kubernetes quantities", test_quantities},
        {"multiplying", test_multiply},
        {"writing", test_format},
        {"writing the largest sums", test_format_extremes},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/amount", tests);
}
