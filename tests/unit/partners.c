/* Which workload is which: ids go before names, each is taken once. */
#include "../../src/collect/partners.h"

#include <stdio.h>

#include "../check.h"

#define ROWS_MAX 6

/* A workload as "project/name#id"; "-" stands for no value, nothing for the empty text. */
static struct workload parse(const char *text, char parts[3][32])
{
    struct workload workload;
    struct str *fields[3] = {&workload.project, &workload.name, &workload.id};
    workload_init(&workload);
    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(text, "/#");
        snprintf(parts[i], 32, "%.*s", (int)len, text);
        *fields[i] = str_of(strcmp(parts[i], "-") == 0 ? NULL : parts[i]);
        text += len + (text[len] != '\0');
    }
    return workload;
}

/* What the other side's workloads take, in turn: numbers of the added, or '-'. */
static void check_taken(const char *const added[], const char *const others[], const char *taken)
{
    char parts[3][32], got[ROWS_MAX + 1] = "";
    struct workload workload;
    struct partners *partners = partners_new();
    for (size_t i = 0; added[i] != NULL; i++) {
        workload = parse(added[i], parts);
        partners_add(partners, &workload);
    }
    partners_index(partners);
    for (size_t i = 0; others[i] != NULL; i++) {
        workload = parse(others[i], parts);
        partners_claim(partners, &workload);
    }
    for (size_t i = 0; others[i] != NULL; i++) {
        workload = parse(others[i], parts);
        size_t number = partners_take(partners, &workload);
        got[i] = number == PARTNER_NONE ? '-' : (char)('0' + number);
        CU_ASSERT(number == PARTNER_NONE || partners_is_taken(partners, number));
    }
    CHECK_STR(got, taken);
    partners_free(partners);
}

static void test_rules(void)
{
    static const struct {
        const char *added[ROWS_MAX], *others[ROWS_MAX], *taken;
    } rows[] = {
        /* by id, whatever the names say */
        {{"a/x#1", "a/x#2"}, {"a/x#2", "b/y#1"}, "10"},
        /* else by project and name */
        {{"a/x#1", "b/x#2"}, {"b/x#8", "a/x#9"}, "10"},
        {{"a/x#-"}, {"a/x#1"}, "0"},
        {{"a/x#1"}, {"a/x#-"}, "0"},
        {{"a/x#1"}, {"a/y#-", "b/x#-", "-/x#-"}, "---"},
        /* an id that comes later goes before a name that comes first */
        {{"a/x#2"}, {"a/x#1", "a/x#2"}, "-0"},
        {{"a/x#2", "a/x#3"}, {"a/x#1", "a/x#2"}, "10"},
        {{"a/x#2", "a/x#1"}, {"a/x#-", "a/x#1", "a/x#-"}, "01-"},
        /* the first one that is free, each once */
        {{"a/x#1", "a/x#2", "a/x#3"}, {"a/x#-", "a/x#-", "a/x#-", "a/x#-"}, "012-"},
        {{"a/x#1"}, {"a/x#1", "a/x#1"}, "0-"},
        /* no value is no name and no id; the empty text is one */
        {{"a/-#-"}, {"a/-#-"}, "-"},
        {{"a/-#1"}, {"b/-#1"}, "0"},
        {{"-/x#-"}, {"/x#-", "-/x#-"}, "-0"},
        {{"/x#-", "-/x#-"}, {"-/x#-", "/x#-"}, "10"},
        {{"a/#-"}, {"a/-#-", "a/#-"}, "-0"},
        {{"a/x#"}, {"b/y#"}, "0"},
        /* project and name do not run into each other */
        {{"ab/c#-"}, {"a/bc#-", "c/ab#-"}, "--"},
        {{NULL}, {"a/x#1"}, "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_taken(rows[i].added, rows[i].others, rows[i].taken);
}

/* A record without a project counts as of the one it was asked for. */
static void test_asked(void)
{
    char parts[3][32];
    struct partners *partners = partners_new();
    struct workload workload = parse("a/x#-", parts);
    partners_add(partners, &workload);
    workload = parse("b/x#-", parts);
    partners_add(partners, &workload);
    partners_index(partners);
    workload = parse("-/x#-", parts);
    workload.project_asked = str_of("b");
    CU_ASSERT_EQUAL(partners_take(partners, &workload), 1);
    workload = parse("a/x#-", parts);
    workload.project_asked = str_of("b");
    CU_ASSERT_EQUAL(partners_take(partners, &workload), 0);
    partners_free(partners);
}

/* The work grows with their number, not with its square, whether all find a partner or none. */
static void test_equal_names(void)
{
    enum { COUNT = 80000 };
    char parts[3][32], text[48];
    struct partners *partners = partners_new();
    struct workload workload;
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "team/same#a-%d", i);
        workload = parse(text, parts);
        partners_add(partners, &workload);
    }
    partners_index(partners);
    for (int i = 0; i < 2 * COUNT; i++) {
        snprintf(text, sizeof text, "team/same#b-%d", i);
        workload = parse(text, parts);
        CU_ASSERT_EQUAL(partners_take(partners, &workload), i < COUNT ? (size_t)i : PARTNER_NONE);
    }
    CU_ASSERT(partners_steps(partners) <= 4 * COUNT);
    partners_free(partners);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"ids, then names", test_rules},
                                 {"the project that was asked for", test_asked},
                                 {"very many of one name", test_equal_names},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/partners", tests);
}
