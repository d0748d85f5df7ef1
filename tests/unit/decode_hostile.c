/*
 * Data that is hostile: every repair of the contract in one document, decoded the same however it
 * is cut; numbers of thousands of digits in every field that takes one.
 */
#include "decode_fixture.h"

#define BAD    "\xEF\xBF\xBD"
#define DIGITS 5000

static bool on_workload(void *arg, const struct workload *workload, struct error *error)
{
    (void)error;
    buf_append_str(arg, "{");
    log_workload(arg, workload);
    buf_append_str(arg, " } ");
    return true;
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    (void)kind;
    return decoder_new_researcher_jobs(NULL, on_workload, log);
}

static const struct fixture fixture = {new_decoder, NULL};

/* Each record with a repair of its own, and with what must not be taken for one. */
static const struct {
    const char *json, *log;
    unsigned repaired;
} records[] = {
    {"\"id\":\"bad \xFF byte\"", " id='bad " BAD " byte'", 1},
    {"\"id\":\"overlong \xC0\xAF\"", " id='overlong " BAD BAD "'", 2},
    {"\"id\":\"overlong \xE0\x80\xAF\"", " id='overlong " BAD BAD BAD "'", 3},
    {"\"id\":\"surrogate \xED\xA0\x80\"", " id='surrogate " BAD BAD BAD "'", 3},
    {"\"id\":\"beyond \xF4\x90\x80\x80\"", " id='beyond " BAD BAD BAD BAD "'", 4},
    {"\"id\":\"cut \xF0\x9F\x9A\"", " id='cut " BAD "'", 1},
    {"\"id\":\"cut \xE2\x82!\"", " id='cut " BAD "!'", 1},
    {"\"id\":\"\\ud800\"", " id='" BAD "'", 1},
    {"\"id\":\"\\udc00\\ud800\"", " id='" BAD BAD "'", 2},
    {"\"id\":\"\\ud800\\ud83d\\ude80\"", " id='" BAD "\xF0\x9F\x9A\x80'", 1},
    {"\"id\":\"\\ud83d\\ude80\xF0\x9F\x9A\x80\"", " id='\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80'", 0},
    {"\"id\":\"\\\\ud800 \\\"\xFF\\\"\"", " id='\\ud800 \"" BAD "\"'", 1},
    {"\"name\":\"\xC3\xA9\\u001b\\u202e<script>\\n=cmd\"",
     " name='\xC3\xA9\x1B\xE2\x80\xAE<script>\n=cmd'", 0},
    {"\"name\":[\"\xFF\"]", "", 1},
    {"\"user\":7", "", 1},
    {"\"status\":\"Running\xFF\"", " status='Running" BAD "' phase='unknown'", 1},
    {"\"images\":[\"a\xFF\",\"\\ud800\",7]", " images=[a" BAD " " BAD "]", 3},
    {"\"nodes\":\"\xFF\"", " nodes=[\xEF\xBF\xBD]", 1},
    {"\"createdAt\":\"1\"", "", 1},
    {"\"currentAllocatedGPUs\":-1", "", 1},
    {"\"currentAllocatedGPUs\":1e999", "", 1},
    {"\"other\":\"\xFF\\ud800\",\"\xFF\":{\"id\":\"\xC0\"}", "", 0},
};

static char *all_records(char **expected)
{
    struct buf doc, log;
    unsigned repaired = 0;
    buf_init(&doc, (size_t)1 << 16);
    buf_init(&log, (size_t)1 << 16);
    buf_append_str(&doc, "\xEF\xBB\xBF{\"data\":[");
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        buf_printf(&doc, "%s{%s}", i == 0 ? "" : ",", records[i].json);
        buf_printf(&log, "{%s } ", records[i].log);
        repaired += records[i].repaired;
    }
    buf_append_str(&doc, "]}");
    buf_printf(&log, "ok repaired=%u dropped=0", repaired);
    *expected = buf_take(&log);
    return buf_take(&doc);
}

static void test_every_split(void)
{
    char *expected;
    char *doc = all_records(&expected);
    fixture_check_answer(&fixture, &(struct answer){0, doc, expected});
    fixture_check_truncated(&fixture, &(struct answer){0, doc + 3, expected}); /* behind the BOM */
    free(doc);
    free(expected);
}

/* The reader works in pieces of 64 bytes, then 16 KiB: every byte of the document comes to stand at
 * the beginning of one. */
static void test_every_place(void)
{
    const size_t pieces[] = {64, 64 + (16 << 10)};
    char *expected;
    char *doc = all_records(&expected);
    size_t len = strlen(doc);
    const char *list = strchr(doc, '[');
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    size_t head = (size_t)(list - doc) + 1;
    for (size_t i = 0; i < 2; i++) {
        for (size_t at = head; at < len && at < pieces[i]; at++) {
            size_t blanks = pieces[i] - at;
            char *moved = mem_printf("%.*s%*s%s", (int)head, doc, (int)blanks, "", doc + head);
            char *log = fixture_decode(&fixture, 0, moved);
            CHECK_STR(log, expected);
            free(log);
            free(moved);
        }
    }
    free(doc);
    free(expected);
}

static void check_digits(const char *before, const char *after, const char *expected)
{
    char *digits = mem_new(DIGITS + 1, 1);
    memset(digits, '7', DIGITS);
    char *doc = mem_printf("{\"data\":[{%s%s%s}]}", before, digits, after);
    char *wanted = strchr(expected, '#') == NULL
                       ? mem_printf("%s", expected)
                       : mem_printf("%.*s%s%s", (int)(strchr(expected, '#') - expected), expected,
                                    digits, strchr(expected, '#') + 1);
    fixture_check_answer(&fixture, &(struct answer){0, doc, wanted});
    free(wanted);
    free(doc);
    free(digits);
}

static void test_digits(void)
{
    check_digits("\"id\":", "", "{ id='#' } " OK);
    check_digits("\"id\":-0.", "e+7", "{ id='-0.#e+7' } " OK);
    check_digits("\"currentAllocatedGPUs\":", "", "{ } ok repaired=1 dropped=0");
    check_digits("\"currentAllocatedGPUs\":0.", "", "{ allocated=777778 } " OK);
    check_digits("\"currentAllocatedGPUs\":1e", "", "{ } ok repaired=1 dropped=0");
    check_digits("\"currentAllocatedGPUs\":1e-", "", "{ allocated=0 } " OK);
    check_digits("\"createdAt\":", "", "{ } ok repaired=1 dropped=0");
    check_digits("\"other\":", "", "{ } " OK);
    check_digits("\"images\":[", "]", "{ images=[] } ok repaired=1 dropped=0");
}

int main(void)
{
    const CU_TestInfo tests[] = {{"every repair, cut everywhere", test_every_split},
                                 {"every repair at every place", test_every_place},
                                 {"numbers of 5,000 digits", test_digits},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/decode_hostile", tests);
}
