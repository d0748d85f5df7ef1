#include "rollcall/decode.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"

/* What a decoder did with an answer, as text; see log_workload(). */
struct run {
    struct buf log;
    int records_left; /* the callback refuses the record after these; -1: never */
};

static void log_text(struct buf *log, const char *name, struct str text)
{
    if (text.data != NULL)
        buf_printf(log, " %s='%.*s'", name, (int)text.len, text.data);
}

static void log_number(struct buf *log, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        buf_printf(log, " %s=%" PRId64, name, value);
}

static void log_list(struct buf *log, const char *name, struct str_list list)
{
    if (!list.is_present)
        return;
    buf_printf(log, " %s=[", name);
    for (size_t i = 0; i < list.count; i++)
        buf_printf(log, "%s%.*s", i == 0 ? "" : " ", (int)list.items[i].len, list.items[i].data);
    buf_append_char(log, ']');
}

/* "{ id='1' phase=running gpus=500000 nodes=[a b] } ": what has no value is not there. */
static bool log_workload(void *arg, const struct workload *workload, struct error *error)
{
    struct run *run = arg;
    if (run->records_left == 0)
        return error_set(error, ERR_INTERNAL, "the disk is full");
    if (run->records_left > 0)
        run->records_left--;
    struct buf *log = &run->log;
    buf_append_str(log, "{");
    log_text(log, "id", workload->id);
    log_text(log, "name", workload->name);
    log_text(log, "project", workload->project);
    log_text(log, "user", workload->user);
    log_text(log, "status", workload->raw_phase);
    log_text(log, "phase", str_of(workload_phase_name(workload->phase)));
    log_text(log, "type", str_of(workload_type_name(workload->type)));
    log_number(log, "gpus", workload->gpus_allocated);
    log_number(log, "created", workload->created_at);
    log_list(log, "images", workload->images);
    log_list(log, "nodes", workload->nodes);
    /* What this flavour does not have: never there. */
    log_text(log, "department", workload->department);
    log_number(log, "requested", workload->gpus_requested);
    log_number(log, "idle", workload->gpus_idle);
    log_number(log, "preemptible", workload->preemptible == TRI_NULL ? INT64_MIN : 1);
    log_list(log, "pools", workload->node_pools);
    buf_append_str(log, " } ");
    return true;
}

static bool log_project(void *arg, const struct project_info *project, struct error *error)
{
    struct run *run = arg;
    if (run->records_left == 0)
        return error_set(error, ERR_INTERNAL, "the disk is full");
    buf_append_str(&run->log, "{");
    log_text(&run->log, "name", project->name);
    log_number(&run->log, "quota", project->gpus_quota);
    buf_append_str(&run->log, " } ");
    return true;
}

enum kind { JOBS, JOBS_OF_TEAM_A, PROJECTS };

static struct decoder *decoder_of(enum kind kind, struct run *run)
{
    if (kind == PROJECTS)
        return decoder_new_researcher_projects(log_project, run);
    return decoder_new_researcher_jobs(kind == JOBS ? NULL : "team-a", log_workload, run);
}

/* Decodes the answer, cut at `cut`, in chunks of `chunk` bytes: the records, then "ok", then what
 * was repaired and dropped; or the records, then the error. */
static char *decode_cut(enum kind kind, const char *doc, size_t len, size_t cut, size_t chunk,
                        int records)
{
    struct run run = {.records_left = records};
    buf_init(&run.log, (size_t)1 << 24);
    struct decoder *decoder = decoder_of(kind, &run);
    struct error error = {0};
    bool is_ok = true;
    size_t at = 0;
    while (is_ok && at < len) {
        size_t end = at < cut ? cut : len;
        size_t part = end - at < chunk ? end - at : chunk;
        is_ok = decoder_feed(decoder, doc + at, part, &error);
        at += part;
    }
    is_ok = is_ok && decoder_finish(decoder, &error);
    if (!is_ok)
        buf_printf(&run.log, "%s: %s", error_class_name(error.class), error.text);
    else
        buf_printf(&run.log, "ok repaired=%" PRIu64 " dropped=%" PRIu64, decoder_repaired(decoder),
                   decoder_dropped(decoder));
    decoder_free(decoder);
    return buf_take(&run.log);
}

static char *decode(enum kind kind, const char *doc)
{
    return decode_cut(kind, doc, strlen(doc), 0, strlen(doc) + 1, -1);
}

static void check(enum kind kind, const char *doc, const char *expected)
{
    char *log = decode(kind, doc);
    CHECK_STR(log, expected);
    free(log);
}

struct answer {
    enum kind kind;
    const char *doc;
    const char *log;
};

#define OK "ok repaired=0 dropped=0"

static const char full_job[] =
    "{\"data\":[{\"id\":\"6f1c\",\"project\":\"team-a\",\"name\":\"train-1\",\"user\":\"ann\","
    "\"status\":\"ImagePullBackOff\",\"type\":\"Train\",\"nodes\":[\"n1\",\"n2\"],"
    "\"createdAt\":1700000000123,\"images\":\"repo/img:1\",\"currentAllocatedGPUs\":0.5,"
    "\"command\":\"secret\",\"arguments\":[\"secret\"],\"environmentVariables\":{\"K\":\"secret\"},"
    "\"isJupyter\":false,\"template\":{\"id\":\"no\",\"data\":[{\"id\":1}]}},"
    "{\"id\":12345678901234567890123,\"project\":\"team-a\",\"images\":[\"a\",\"b\"],"
    "\"nodes\":[],\"currentAllocatedGPUs\":2}],\"next\":null}";

static const char full_log[] =
    "{ id='6f1c' name='train-1' project='team-a' user='ann' status='ImagePullBackOff' "
    "phase='pending' type='training' gpus=500000 created=1700000000 images=[repo/img:1] "
    "nodes=[n1 n2] } "
    "{ id='12345678901234567890123' project='team-a' gpus=2000000 images=[a b] nodes=[] } " OK;

static const struct answer answers[] = {
    {JOBS_OF_TEAM_A, full_job, full_log},
    {JOBS, "{\"data\":[]}", OK},
    {JOBS, "{\"data\":null}", OK},
    {JOBS, "{\"data\":[{}]}", "{ } " OK},
    /* What the oldest servers say: one node as a text, times in RFC 3339. */
    {JOBS,
     "{\"data\":[{\"nodes\":\"node-0\",\"createdAt\":\"2026-01-02T05:04:05.9+02:00\"},{\"nodes\":"
     "\"\","
     "\"createdAt\":\"1000\"},{\"createdAt\":\"now\"},{\"createdAt\":\"\"},{\"nodes\":7}]}",
     "{ created=1767323045 nodes=[node-0] } { nodes=[] } { } { } { } ok repaired=4 dropped=0"},
    {JOBS, "{\"x\":1,\"data\":[{\"id\":1e3}],\"y\":[{\"id\":2}]}", "{ id='1e3' } " OK},
    {JOBS, "{\"data\":[{\"id\":\"\",\"name\":\"\",\"status\":\"\",\"type\":\"\"}]}",
     "{ name='' status='' phase='unknown' type='other' } " OK},
    /* Repeated: the last one wins, whatever it is. */
    {JOBS,
     "{\"data\":[{\"name\":\"a\",\"name\":\"b\",\"images\":[\"x\",\"y\"],\"images\":\"z\","
     "\"nodes\":[\"m\"],\"nodes\":[\"n\"]}]}",
     "{ name='b' images=[z] nodes=[n] } " OK},
    {JOBS,
     "{\"data\":[{\"name\":\"a\",\"name\":null,\"status\":\"Running\",\"status\":null,"
     "\"type\":\"Train\",\"type\":null,\"createdAt\":1000,\"createdAt\":null,\"images\":[\"x\"],"
     "\"images\":null,\"nodes\":[\"n\"],\"nodes\":null,\"id\":1,\"id\":null,"
     "\"currentAllocatedGPUs\":1,\"currentAllocatedGPUs\":null}]}",
     "{ } " OK},
    {JOBS, "{\"data\":[{\"name\":\"a\",\"name\":7}]}", "{ } ok repaired=1 dropped=0"},
    /* Nothing of a record is left in the next one. */
    {JOBS, "{\"data\":[{\"id\":1,\"name\":\"a\",\"nodes\":[\"n\"],\"type\":\"Train\"},{}]}",
     "{ id='1' name='a' type='training' nodes=[n] } { } " OK},
    /* Elements that are no text. */
    {JOBS,
     "{\"data\":[{\"nodes\":[\"a\",null,1,true,{\"x\":[\"y\"]},[\"z\"],\"b\"],"
     "\"images\":[false,{}]}]}",
     "{ images=[] nodes=[a b] } ok repaired=7 dropped=0"},
    /* Text that is repaired: each piece counts. */
    {JOBS, "{\"data\":[{\"user\":\"\xFFx\xC0\xAF\",\"name\":\"\\ud800\",\"skipped\":\"\xFF\"}]}",
     "{ name='\xEF\xBF\xBD' user='\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD' } ok repaired=4 "
     "dropped=0"},
    {JOBS, "{\"data\":[{\"user\":\"<b>\\u001b[31m\\n\\\"\"}]}", "{ user='<b>\x1B[31m\n\"' } " OK},
    /* Another project's records, and their repairs, do not count; no project is kept. */
    {JOBS_OF_TEAM_A,
     "{\"data\":[{\"project\":\"team-b\",\"name\":1},{\"id\":2},{\"project\":null,\"id\":3},"
     "{\"project\":\"team-a\",\"id\":4},{\"project\":\"Team-a\"},{\"project\":\"\"},"
     "{\"project\":\"team-b\",\"project\":\"team-a\",\"id\":5},{\"project\":5,\"id\":6}]}",
     "{ id='2' } { id='3' } { id='4' project='team-a' } { id='5' project='team-a' } { id='6' } "
     "ok repaired=1 dropped=3"},
    {JOBS, "{\"data\":[{\"project\":\"team-b\"}]}", "{ project='team-b' } " OK},
    {PROJECTS, "{\"data\":null}", OK},
    {PROJECTS,
     "{\"data\":[{\"name\":\"team-a\",\"deservedGpus\":4,\"departmentName\":\"d\","
     "\"trainNodeAffinity\":null,\"interactiveNodeAffinity\":[\"x\"]},{\"name\":\"team-b\"}]}",
     "{ name='team-a' quota=4000000 } { name='team-b' } " OK},
    {PROJECTS,
     "{\"data\":[{\"name\":\"a\",\"deservedGpus\":\"4\"},{\"name\":\"b\","
     "\"deservedGpus\":null},{\"name\":\"c\",\"deservedGpus\":-1},"
     "{\"name\":\"d\",\"deservedGpus\":{}},{\"name\":\"e\xFF\"}]}",
     "{ name='a' } { name='b' } { name='c' } { name='d' } { name='e\xEF\xBF\xBD' } "
     "ok repaired=4 dropped=0"},
    {PROJECTS,
     "{\"data\":[{},{\"name\":null},{\"name\":\"\"},{\"name\":5,\"deservedGpus\":\"x\"},"
     "{\"name\":\"a\\u0000b\"},{\"name\":[\"a\"]},{\"name\":\"ok\",\"name\":null}]}",
     "ok repaired=0 dropped=7"},
};

static const struct answer refused[] = {
    {JOBS, "{}", "bad_shape: the answer has no \"data\""},
    {JOBS, "{\"Data\":[]}", "bad_shape: the answer has no \"data\""},
    {JOBS, "{\"x\":{\"data\":[]}}", "bad_shape: the answer has no \"data\""},
    {JOBS, "{\"data\":[{\"id\":1}],\"data\":[]}",
     "{ id='1' } bad_shape: the answer has \"data\" twice"},
    {JOBS, "{\"data\":null,\"data\":null}", "bad_shape: the answer has \"data\" twice"},
    {JOBS, "{\"data\":{}}", "bad_shape: \"data\" in the answer is not a list"},
    {JOBS, "{\"data\":\"\"}", "bad_shape: \"data\" in the answer is not a list"},
    {JOBS, "{\"data\":0}", "bad_shape: \"data\" in the answer is not a list"},
    {JOBS, "{\"data\":false}", "bad_shape: \"data\" in the answer is not a list"},
    {JOBS, "{\"data\":[{},null]}", "{ } bad_shape: an item of \"data\" is not an object"},
    {JOBS, "{\"data\":[\"x\"]}", "bad_shape: an item of \"data\" is not an object"},
    {JOBS, "{\"data\":[1]}", "bad_shape: an item of \"data\" is not an object"},
    {JOBS, "{\"data\":[true]}", "bad_shape: an item of \"data\" is not an object"},
    {JOBS, "{\"data\":[[{}]]}", "bad_shape: an item of \"data\" is not an object"},
    {JOBS, "[{\"data\":[]}]", "bad_shape: the answer is not an object"},
    {JOBS, "null", "bad_shape: the answer is not an object"},
    {JOBS, "\"data\"", "bad_shape: the answer is not an object"},
    {JOBS, "12", "bad_shape: the answer is not an object"},
    {JOBS, "", "not_json: the answer is empty"},
    {JOBS, "<html></html>", "not_json: an HTML page instead of JSON"},
    {JOBS, "{\"data\":[{\"id\":1},", "{ id='1' } bad_json: the document ends early"},
    {JOBS, "{\"data\":[]} x", "bad_json: not valid JSON: trailing garbage"},
    {PROJECTS, "{}", "bad_shape: the answer has no \"data\""},
    {PROJECTS, "{\"data\":[null]}", "bad_shape: an item of \"data\" is not an object"},
    {PROJECTS, "{\"data\":[],\"data\":[]}", "bad_shape: the answer has \"data\" twice"},
    {PROJECTS, "[]", "bad_shape: the answer is not an object"},
};

/* Whole, byte by byte, and cut at every offset. */
static void check_answer(const struct answer *answer)
{
    check(answer->kind, answer->doc, answer->log);
    size_t len = strlen(answer->doc);
    for (size_t cut = 0; cut <= len; cut++) {
        char *log = decode_cut(answer->kind, answer->doc, len, cut, cut == 0 ? 1 : len, -1);
        CHECK_STR(log, answer->log);
        free(log);
    }
}

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        check_answer(&answers[i]);
}

static void test_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_answer(&refused[i]);
}

static void test_truncated(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct answer *answer = &answers[i];
        for (size_t len = 0; len < strlen(answer->doc); len++) {
            char *whole = decode_cut(answer->kind, answer->doc, len, 0, len + 1, -1);
            char *bytes = decode_cut(answer->kind, answer->doc, len, 0, 1, -1);
            CHECK_STR(bytes, whole);
            const char *end =
                len == 0 ? "not_json: the answer is empty" : "bad_json: the document ends early";
            CU_ASSERT(strlen(whole) >= strlen(end));
            CHECK_STR(whole + strlen(whole) - strlen(end), end);
            free(whole);
            free(bytes);
        }
    }
}

/* The field's place in a log, when it has a value. */
static const struct field {
    const char *name;
    const char *good; /* a value, in JSON */
    const char *log;
    const char *takes; /* the types it takes: s(tring), n(umber), a(rray) */
} fields[] = {
    {"id", "\"x\"", " id='x'", "sn"},
    {"project", "\"team-a\"", " project='team-a'", "s"},
    {"name", "\"x\"", " name='x'", "s"},
    {"user", "\"x\"", " user='x'", "s"},
    {"status", "\"Running\"", " status='Running' phase='running'", "s"},
    {"type", "\"Train\"", " type='training'", "s"},
    {"nodes", "[\"x\"]", " nodes=[x]", "ast"},
    {"createdAt", "1000", " created=1", "n"},
    {"images", "[\"x\"]", " images=[x]", "as"},
    {"currentAllocatedGPUs", "1", " gpus=1000000", "n"},
};

static const struct {
    char type;
    const char *json;
} values[] = {
    {'0', "null"},
    {'b', "true"},
    {'b', "false"},
    {'n', "7"},
    {'s', "\"7\""},
    {'a', "[]"},
    {'a', "[[\"x\"],{}]"},
    {'o', "{}"},
    {'o', "{\"name\":\"x\",\"value\":[\"x\"]}"},
};

static void check_field(const struct field *field, char type, const char *json)
{
    char *doc = mem_printf("{\"data\":[{\"%s\":%s,\"unknown\":%s,\"%s\":%s}]}", field->name,
                           field->good, json, field->name, json);
    char *log = decode(JOBS_OF_TEAM_A, doc);
    if (type == '0') {
        CHECK_STR(log, "{ } " OK);
    } else if (strchr(field->takes, type) == NULL) {
        CHECK_STR(log, "{ } ok repaired=1 dropped=0");
    } else if (strcmp(field->name, "project") != 0) { /* one that differs is dropped */
        char *start = mem_printf("{%.*s", (int)(strcspn(field->log, "=") + 1), field->log);
        CU_ASSERT(strncmp(log, start, strlen(start)) == 0);
        free(start);
    }
    free(log);
    free(doc);
}

static void test_each_field(void)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct buf doc, log;
        buf_init(&doc, 4096);
        buf_init(&log, 4096);
        buf_printf(&doc, "{\"data\":[{\"%s\":%s}]}", fields[i].name, fields[i].good);
        buf_printf(&log, "{%s } " OK, fields[i].log);
        check(JOBS_OF_TEAM_A, doc.data, log.data);
        for (size_t j = 0; j < sizeof values / sizeof *values; j++)
            check_field(&fields[i], values[j].type, values[j].json);
        buf_free(&doc);
        buf_free(&log);
    }
}

/* All fields but one. */
static void test_each_missing_field(void)
{
    for (size_t missing = 0; missing < sizeof fields / sizeof *fields; missing++) {
        struct buf doc;
        buf_init(&doc, 4096);
        buf_append_str(&doc, "{\"data\":[{\"x\":1");
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (i != missing)
                buf_printf(&doc, ",\"%s\":%s", fields[i].name, fields[i].good);
        buf_append_str(&doc, "}]}");
        char *log = decode(JOBS_OF_TEAM_A, doc.data);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            CU_ASSERT_EQUAL(strstr(log, fields[i].log) != NULL, i != missing);
        CU_ASSERT(strstr(log, "repaired=0 dropped=0") != NULL);
        free(log);
        buf_free(&doc);
    }
}

static void test_callback_refuses(void)
{
    const char doc[] = "{\"data\":[{\"id\":1},{\"id\":2}]}";
    char *log = decode_cut(JOBS, doc, sizeof doc - 1, 0, sizeof doc, 1);
    CHECK_STR(log, "{ id='1' } internal: the disk is full");
    free(log);
    const char projects[] = "{\"data\":[{\"name\":\"x\"}]}";
    log = decode_cut(PROJECTS, projects, sizeof projects - 1, 0, 1, 0);
    CHECK_STR(log, "internal: the disk is full");
    free(log);
}

static void check_name_len(size_t len, const char *expected_end)
{
    char *name = mem_new(len + 1, 1);
    memset(name, 'p', len);
    char *doc = mem_printf("{\"data\":[{\"name\":\"%s\"}]}", name);
    char *log = decode(PROJECTS, doc);
    CU_ASSERT(strlen(log) >= strlen(expected_end));
    CHECK_STR(log + strlen(log) - strlen(expected_end), expected_end);
    free(log);
    free(doc);
    free(name);
}

static void test_project_name_length(void)
{
    check_name_len(1, OK);
    check_name_len(1024, OK);
    check_name_len(1025, "ok repaired=0 dropped=1");
}

/* A record of `count` texts of `len` bytes each: lists grow, but not without end. */
static void check_record_size(size_t count, size_t len, bool is_repeated, bool is_ok)
{
    struct buf doc;
    buf_init(&doc, (size_t)1 << 24);
    char *text = mem_new(len + 1, 1);
    memset(text, 't', len);
    buf_append_str(&doc, is_repeated ? "{\"data\":[{\"id\":1" : "{\"data\":[{\"nodes\":[");
    for (size_t i = 0; i < count; i++)
        buf_printf(&doc, "%s\"%s\"", is_repeated ? ",\"name\":" : i == 0 ? "" : ",", text);
    buf_append_str(&doc, is_repeated ? "}]}" : "]}]}");
    char *log = decode(JOBS, doc.data);
    bool is_whole = strlen(log) > strlen(OK) && strstr(log, OK) != NULL;
    CU_ASSERT_EQUAL(is_whole, is_ok);
    if (!is_ok)
        CHECK_STR(log, "too_large: a record is over 4 MiB");
    free(log);
    free(text);
    buf_free(&doc);
}

static void test_record_size(void)
{
    check_record_size(10000, 10, false, true);
    check_record_size(4, 1000000, false, true);
    check_record_size(5, 1000000, false, false);
    check_record_size(300000, 0, false, false);
    check_record_size(4, 1000000, true, true);
    check_record_size(5, 1000000, true, false);
}

static bool take_workload(void *arg, const struct workload *workload, struct error *error)
{
    (void)arg, (void)workload, (void)error;
    return true;
}

/* Of the projects that records were dropped for, the smallest one, whatever came first. */
static void test_other_project(void)
{
    static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567890"
                                    "123456789";
    static const struct {
        const char *document, *expected;
    } rows[] = {
        {"{\"data\":[{\"project\":\"p\"},{}]}", NULL},
        {"{\"data\":[{\"project\":\"z\"},{\"project\":\"P\"},{\"project\":\"q\"}]}", "P"},
        {"{\"data\":[{\"project\":\"P\"},{\"project\":\"z\"},{\"project\":\"p\"}]}", "P"},
        {"{\"data\":[{\"project\":\"P\"},{\"project\":\"\"}]}", ""},
        {"{\"data\":[{\"project\":\"0123456789012345678901234567890123456789012345678901234567890"
         "123456789\"}]}",
         long_name},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error = {0};
        struct decoder *decoder = decoder_new_researcher_jobs("p", take_workload, NULL);
        CU_ASSERT(decoder_feed(decoder, rows[i].document, strlen(rows[i].document), &error) &&
                  decoder_finish(decoder, &error));
        const struct project_sample *other = decoder_other_project(decoder);
        CU_ASSERT_EQUAL(other->is_there, rows[i].expected != NULL);
        size_t len = rows[i].expected == NULL ? 0 : strlen(rows[i].expected);
        CU_ASSERT_EQUAL(other->len, len < sizeof other->name ? len : sizeof other->name);
        CU_ASSERT(other->len == 0 || memcmp(other->name, rows[i].expected, other->len) == 0);
        decoder_free(decoder);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers, however they are cut", test_answers},
        {"answers that are refused", test_refused},
        {"answers that end at every offset", test_truncated},
        {"each field of each type", test_each_field},
        {"each field missing", test_each_missing_field},
        {"a callback that refuses", test_callback_refuses},
        {"the length of a project's name", test_project_name_length},
        {"the size of a record", test_record_size},
        {"which other project", test_other_project},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_researcher", tests);
}
