#include "rollcall/options.h"

#include <stdlib.h>

#include "../check.h"

#define MAX_ARGS 16

struct parsed {
    bool is_quiet;
    bool is_dry;
    unsigned verbose;
    const char *output;
    const char *config;
    struct option_list labels;
    struct error error;
    int first; /* what options_parse() returned */
    int argc;
    char *argv[MAX_ARGS]; /* perhaps in another order than given */
};

/* Parses a line of words, after the program's name, separated by single spaces. */
static void parse(struct parsed *p, const char *line, bool stop_at_command)
{
    static char words[512];
    memset(p, 0, sizeof *p);
    const struct option_row rows[] = {
        {OPTION_FLAG, "quiet", 'q', NULL, "say less", &p->is_quiet},
        {OPTION_FLAG, "dry-run", '\0', NULL, "contact nothing", &p->is_dry},
        {OPTION_COUNT, "verbose", 'v', NULL, "say more", &p->verbose},
        {OPTION_TEXT, "output", 'o', "FILE|-", "where to", &p->output},
        {OPTION_TEXT, "config", '\0', "FILE", "where from", &p->config},
        {OPTION_LIST, "label", 'l', "KEY=VALUE", "which", &p->labels},
        {0},
    };
    snprintf(words, sizeof words, "rollcall%s%s", *line == '\0' ? "" : " ", line);
    for (char *rest = words; rest != NULL && p->argc < MAX_ARGS - 1;)
        p->argv[p->argc++] = strsep(&rest, " ");
    p->first = options_parse(rows, p->argc, p->argv, stop_at_command, &p->error);
}

static void check_failure(const char *line, const char *text)
{
    struct parsed p;
    parse(&p, line, false);
    if (p.first != -1)
        fprintf(stderr, "    accepted: %s\n", line);
    CU_ASSERT_EQUAL(p.first, -1);
    CU_ASSERT_EQUAL(p.error.class, ERR_INTERNAL);
    CHECK_STR(p.error.text, text);
    option_list_free(&p.labels);
}

static void test_kinds(void)
{
    struct parsed p;
    parse(&p, "-q --dry-run -v --verbose -v -o a.json --config x.conf --label a=1 -l b=2", false);
    CU_ASSERT_EQUAL(p.first, p.argc);
    CU_ASSERT_EQUAL(p.error.class, ERR_NONE);
    CU_ASSERT(p.is_quiet && p.is_dry);
    CU_ASSERT_EQUAL(p.verbose, 3);
    CHECK_STR(p.output, "a.json");
    CHECK_STR(p.config, "x.conf");
    CU_ASSERT_EQUAL_FATAL(p.labels.count, 2);
    CHECK_STR(p.labels.items[0], "a=1");
    CHECK_STR(p.labels.items[1], "b=2");
    CU_ASSERT_PTR_NULL(p.labels.items[2]);
    option_list_free(&p.labels);
    CU_ASSERT_EQUAL(p.labels.count, 0);
    CU_ASSERT_PTR_NULL(p.labels.items);
    option_list_free(&p.labels);
}

static void test_nothing(void)
{
    struct parsed p;
    parse(&p, "", false);
    CU_ASSERT_EQUAL(p.first, 1);
    CU_ASSERT(!p.is_quiet && !p.is_dry && p.verbose == 0);
    CU_ASSERT(p.output == NULL && p.config == NULL && p.labels.items == NULL);
}

/* Every way to write a value. */
static void test_values(void)
{
    static const struct {
        const char *line, *output;
    } cases[] = {
        {"--output=a.json", "a.json"},
        {"--output a.json", "a.json"},
        {"-oa.json", "a.json"},
        {"-o a.json", "a.json"},
        {"-qoa.json", "a.json"},
        {"-qo a.json", "a.json"},
        {"--output=", ""},
        {"--output=-", "-"},
        {"-o -", "-"},
        {"--output -q", "-q"},
        {"-o --", "--"},
        {"--output=a=b", "a=b"},
        {"-o=a", "=a"},
        {"-o a -o b", "b"},
        {"--output=a -ob", "b"},
        {"--out=a", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        parse(&p, cases[i].line, false);
        CU_ASSERT_EQUAL(p.first, p.argc);
        CHECK_STR(p.output, cases[i].output);
    }
}

static void test_grouped_letters(void)
{
    struct parsed p;
    parse(&p, "-vqv -vvv", false);
    CU_ASSERT_EQUAL(p.first, p.argc);
    CU_ASSERT_EQUAL(p.verbose, 5);
    CU_ASSERT(p.is_quiet);
}

static void test_repeated_list(void)
{
    struct parsed p;
    parse(&p, "-l 1 -l2 --label=3 --label 4 -l 1", false);
    static const char *const values[] = {"1", "2", "3", "4", "1"};
    CU_ASSERT_EQUAL_FATAL(p.labels.count, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_STR(p.labels.items[i], values[i]);
    CU_ASSERT_PTR_NULL(p.labels.items[5]);
    option_list_free(&p.labels);
}

static void test_unknown(void)
{
    check_failure("--quite", "unknown option --quite (did you mean --quiet?)");
    check_failure("--ouptut=x", "unknown option --ouptut (did you mean --output?)");
    check_failure("--completely-else", "unknown option --completely-else");
    check_failure("-x", "unknown option -x");
    check_failure("-qx", "unknown option -x");
    check_failure("a -x b", "unknown option -x");
    check_failure("-v -v -x", "unknown option -x");
}

/* The error names what is wrong, not what stands in front of it. */
static void test_unknown_behind_known(void)
{
    check_failure("--quiet -x", "unknown option -x");
    check_failure("--quiet -xq", "unknown option -x");
    check_failure("--output=a -xv", "unknown option -x");
    check_failure("--quiet --quite", "unknown option --quite (did you mean --quiet?)");
}

static void test_missing_value(void)
{
    check_failure("--output", "--output needs a value: FILE|-");
    check_failure("-o", "--output needs a value: FILE|-");
    check_failure("-qo", "--output needs a value: FILE|-");
    check_failure("a b --label", "--label needs a value: KEY=VALUE");
    check_failure("--quiet=yes", "--quiet takes no value");
    check_failure("--dry-run=", "--dry-run takes no value");
}

/* What was collected before the mistake is the caller's to free, as after a success. */
static void test_failure_keeps_list(void)
{
    struct parsed p;
    parse(&p, "-l a -l b --nonsense", false);
    CU_ASSERT_EQUAL(p.first, -1);
    CU_ASSERT_EQUAL(p.labels.count, 2);
    option_list_free(&p.labels);
}

static void test_arguments(void)
{
    struct parsed p;
    parse(&p, "one -q two -o x three", false);
    CU_ASSERT_EQUAL_FATAL(p.first, p.argc - 3);
    CHECK_STR(p.argv[p.first], "one");
    CHECK_STR(p.argv[p.first + 1], "two");
    CHECK_STR(p.argv[p.first + 2], "three");
    CU_ASSERT(p.is_quiet);
    CHECK_STR(p.output, "x");
}

static void test_double_dash(void)
{
    struct parsed p;
    parse(&p, "-q -- -v --output x", false);
    CU_ASSERT_EQUAL_FATAL(p.first, 3);
    CHECK_STR(p.argv[p.first], "-v");
    CU_ASSERT(p.is_quiet);
    CU_ASSERT_EQUAL(p.verbose, 0);
    CU_ASSERT_PTR_NULL(p.output);
    parse(&p, "-", false);
    CU_ASSERT_EQUAL(p.first, 1);
}

static void test_stop_at_command(void)
{
    struct parsed p;
    parse(&p, "-q -o x run -v --nonsense", true);
    CU_ASSERT_EQUAL_FATAL(p.first, 4);
    CHECK_STR(p.argv[p.first], "run");
    CU_ASSERT(p.is_quiet);
    CHECK_STR(p.output, "x");
    CU_ASSERT_EQUAL(p.verbose, 0);
    parse(&p, "run -q", true);
    CU_ASSERT_EQUAL(p.first, 1);
    CU_ASSERT(!p.is_quiet);
}

static void test_help(void)
{
    static const char expected[] = "  -q, --quiet             say less\n"
                                   "      --dry-run           contact nothing,\n"
                                   "                          at all\n"
                                   "  -o, --output FILE|-     where to\n"
                                   "      --progress auto|always|never\n"
                                   "                          the line\n";
    const struct option_row rows[] = {
        {OPTION_FLAG, "quiet", 'q', NULL, "say less", NULL},
        {OPTION_FLAG, "dry-run", '\0', NULL, "contact nothing,\nat all", NULL},
        {OPTION_TEXT, "output", 'o', "FILE|-", "where to", NULL},
        {OPTION_TEXT, "progress", '\0', "auto|always|never", "the line", NULL},
        {0},
    };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    options_print(rows, out);
    CU_ASSERT_EQUAL(fclose(out), 0);
    CHECK_STR(text, expected);
    free(text);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"every kind", test_kinds},
                                 {"no option at all", test_nothing},
                                 {"every way to write a value", test_values},
                                 {"letters in one word", test_grouped_letters},
                                 {"a repeated list", test_repeated_list},
                                 {"unknown options", test_unknown},
                                 {"an unknown one behind a known one", test_unknown_behind_known},
                                 {"values missing and unwanted", test_missing_value},
                                 {"a failure keeps the list", test_failure_keeps_list},
                                 {"options and arguments mixed", test_arguments},
                                 {"-- ends the options", test_double_dash},
                                 {"stop at the command", test_stop_at_command},
                                 {"help", test_help},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/options", tests);
}
