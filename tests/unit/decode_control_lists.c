/* The control plane's clusters and projects. */
#include "decode_fixture.h"

enum { CLUSTERS, PROJECTS, FULL_CLUSTERS, FULL_PROJECTS };

static bool on_cluster(void *arg, const struct discovered_cluster *cluster, struct error *error)
{
    struct buf *log = arg;
    if (log == NULL)
        return error_set(error, ERR_INTERNAL, "the disk is full");
    buf_append_str(log, "{");
    log_text(log, "uuid", cluster->uuid);
    log_text(log, "name", cluster->name);
    log_text(log, "domain", cluster->domain);
    log_text(log, "state", cluster->state);
    log_text(log, "seen", cluster->last_liveness);
    log_text(log, "version", cluster->version);
    buf_append_str(log, " } ");
    return true;
}

static bool on_project(void *arg, struct str cluster_id, const struct project_info *project,
                       struct error *error)
{
    struct buf *log = arg;
    if (log == NULL)
        return error_set(error, ERR_INTERNAL, "the disk is full");
    buf_append_str(log, "{");
    log_text(log, "cluster", cluster_id);
    log_text(log, "name", project->name);
    log_number(log, "quota", project->gpus_quota);
    buf_append_str(log, " } ");
    return true;
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    switch (kind) {
    case CLUSTERS:
        return decoder_new_control_clusters(on_cluster, log);
    case FULL_CLUSTERS:
        return decoder_new_control_clusters(on_cluster, NULL);
    case PROJECTS:
        return decoder_new_control_projects(on_project, log);
    default:
        return decoder_new_control_projects(on_project, NULL);
    }
}

static void log_end(const struct decoder *decoder, struct buf *log)
{
    if (decoder_next_offset(decoder) != -1)
        buf_printf(log, " next=%" PRId64, decoder_next_offset(decoder));
    CHECK_STR(decoder_continue(decoder), "");
}

static const struct fixture fixture = {new_decoder, log_end};

static const char clusters[] =
    "[{\"uuid\":\"A0EE\",\"tenantId\":1001,\"name\":\"eu-1\",\"createdAt\":"
    "\"2020-01-01T00:00:00Z\",\"domain\":\"eu-1.acme.example\",\"version\":\"2.15.0\",\"status\":{"
    "\"state\":\"Connected\",\"conditions\":[],\"config\":{\"state\":\"no\"}},\"updatedAt\":null,"
    "\"deletedAt\":null,\"lastLiveness\":\"2020-01-02T00:00:00Z\"},"
    "{\"uuid\":\"B1\",\"name\":\"us-1\",\"domain\":null,\"status\":null}]";

static const char clusters_log[] =
    "{ uuid='A0EE' name='eu-1' domain='eu-1.acme.example' state='Connected' "
    "seen='2020-01-02T00:00:00Z' version='2.15.0' } { uuid='B1' name='us-1' } " OK;

static const char projects[] =
    "{\"projects\":[{\"id\":\"33\",\"name\":\"team-a\",\"clusterId\":\"c-1\",\"parentId\":\"p\","
    "\"resources\":[{\"nodePool\":{\"id\":\"22\",\"name\":\"default\"},\"gpu\":{\"deserved\":0.1,"
    "\"limit\":5,\"overQuotaWeight\":2},\"cpu\":{\"deserved\":1000},\"memory\":{\"deserved\":1,"
    "\"units\":\"Mib\"}},{\"nodePool\":null,\"gpu\":{\"deserved\":0.2}}],"
    "\"totalResources\":{\"gpuQuota\":9},\"effective\":{\"resources\":[{\"gpu\":{\"deserved\":9}}]}"
    ",\"parent\":{\"name\":\"no\"}},{\"name\":\"team-b\"}],\"next\":100}";

static const char projects_log[] =
    "{ cluster='c-1' name='team-a' quota=300000 } { name='team-b' } " OK " next=100";

#define POOLS(pools) "{\"projects\":[{\"name\":\"p\",\"resources\":" pools "}]}"

static const struct answer answers[] = {
    {CLUSTERS, clusters, clusters_log},
    {PROJECTS, projects, projects_log},
    {PROJECTS, "{\"next\":3,\"projects\":null}", OK " next=3"},
    {CLUSTERS, "[]", OK},
    {CLUSTERS, " null ", OK},
    {CLUSTERS,
     "[{\"name\":\"a\",\"deletedAt\":\"2026-01-02T03:04:05Z\",\"uuid\":7},{\"name\":\"b\","
     "\"deletedAt\":\"\"},{\"name\":\"c\",\"deletedAt\":5},{\"name\":\"d\",\"deletedAt\":{}},"
     "{\"name\":\"e\",\"deletedAt\":null}]",
     "{ name='e' } ok repaired=0 dropped=4"},
    {CLUSTERS,
     "[{},{\"name\":null},{\"name\":\"\"},{\"name\":5},{\"name\":\"a\\nb\"},{\"name\":\"a\\u0000\"}"
     ",{\"name\":\"\\u007f\"},{\"name\":\"a\\u0085\"},{\"name\":\"\\u202eb\"},{\"name\":[\"a\"]}]",
     "{ } { } { } { } { } { } { } { } { } { } ok repaired=2 dropped=0"},
    {CLUSTERS, "[{\"name\":\"\xC3\xA9 \\\\ 'b'\"},{\"name\":\"d\xFF\"}]",
     "{ name='\xC3\xA9 \\ 'b'' } { name='d\xEF\xBF\xBD' } ok repaired=1 dropped=0"},
    {CLUSTERS, "[{\"name\":\"a\",\"status\":{\"state\":\"x\"},\"status\":{}},{\"name\":\"b\"}]",
     "{ name='a' } { name='b' } " OK},
    {CLUSTERS, "[{\"name\":\"a\",\"status\":\"Connected\"}]",
     "{ name='a' } ok repaired=1 dropped=0"},
    /* The quota: exact, of the pools that have a figure, unless one is not understood. */
    {PROJECTS, POOLS("[]"), "{ name='p' } " OK},
    {PROJECTS, POOLS("null"), "{ name='p' } " OK},
    {PROJECTS, POOLS("[{}]"), "{ name='p' } " OK},
    {PROJECTS, POOLS("[{\"gpu\":null},{\"gpu\":{}},{\"gpu\":{\"deserved\":null}}]"),
     "{ name='p' } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":0}}]"), "{ name='p' quota=0 } " OK},
    {PROJECTS, POOLS("[{},{\"gpu\":{\"deserved\":2}},{\"gpu\":{\"deserved\":0.0000005}}]"),
     "{ name='p' quota=2000001 } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":2}},{}]"), "{ name='p' quota=2000000 } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":\"x\",\"deserved\":2}},{\"gpu\":{}}]"),
     "{ name='p' quota=2000000 } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":600000000}},{\"gpu\":{\"deserved\":400000000}}]"),
     "{ name='p' quota=1000000000000000 } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":600000000}},{\"gpu\":{\"deserved\":400000001}}]"),
     "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":2}},{\"gpu\":{\"deserved\":-1}}]"),
     "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":\"2\"}},{\"gpu\":{\"deserved\":2}}]"),
     "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":2}},{\"gpu\":7}]"),
     "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":2}},[],7,null]"),
     "{ name='p' } ok repaired=3 dropped=0"},
    {PROJECTS, POOLS("{\"gpu\":{\"deserved\":2}}"), "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("7"), "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":1,\"deserved\":2},\"gpu\":{\"deserved\":3}}]"),
     "{ name='p' quota=3000000 } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":1},\"gpu\":{}}]"), "{ name='p' } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":\"x\",\"deserved\":2}}]"),
     "{ name='p' quota=2000000 } ok repaired=1 dropped=0"},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":1}}],\"resources\":[{\"gpu\":{\"deserved\":2}}]"),
     "{ name='p' quota=2000000 } " OK},
    {PROJECTS, POOLS("[{\"gpu\":{\"deserved\":-1}}],\"resources\":null"),
     "{ name='p' } ok repaired=1 dropped=0"},
    {PROJECTS,
     "{\"projects\":[{\"name\":\"a\",\"clusterId\":\"c\",\"resources\":[{\"gpu\":{\"deserved\":1}}]"
     "},"
     "{\"resources\":[{\"gpu\":{\"deserved\":-1}}]},{\"name\":\"b\"}]}",
     "{ cluster='c' name='a' quota=1000000 } { name='b' } ok repaired=0 dropped=1"},
    {PROJECTS,
     "{\"projects\":[{},{\"name\":null},{\"name\":\"\"},{\"name\":5},{\"name\":\"a\\u0000b\"}]}",
     "ok repaired=0 dropped=5"},
};

static const struct answer refused[] = {
    {CLUSTERS, "{}", "bad_shape: the answer is not a list"},
    {CLUSTERS, "{\"clusters\":[]}", "bad_shape: the answer is not a list"},
    {CLUSTERS, "7", "bad_shape: the answer is not a list"},
    {CLUSTERS, "\"x\"", "bad_shape: the answer is not a list"},
    {CLUSTERS, "false", "bad_shape: the answer is not a list"},
    {CLUSTERS, "[null]", "bad_shape: an item of the answer is not an object"},
    {CLUSTERS, "[[]]", "bad_shape: an item of the answer is not an object"},
    {CLUSTERS, "[] []", "bad_json: not valid JSON: trailing garbage"},
    {CLUSTERS, "", "not_json: the answer is empty"},
    {FULL_CLUSTERS, clusters, "internal: the disk is full"},
    {PROJECTS, "{}", "bad_shape: the answer has no \"projects\""},
    {PROJECTS, "{\"projects\":[],\"projects\":[]}", "bad_shape: the answer has \"projects\" twice"},
    {PROJECTS, "{\"projects\":[null]}", "bad_shape: an item of \"projects\" is not an object"},
    {PROJECTS, "{\"projects\":[],\"next\":-1}",
     "bad_shape: \"next\" in the answer is not an offset"},
    {PROJECTS, "[]", "bad_shape: the answer is not an object"},
    {FULL_PROJECTS, projects, "internal: the disk is full"},
};

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        fixture_check_answer(&fixture, &answers[i]);
}

static void test_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        fixture_check_answer(&fixture, &refused[i]);
}

static void test_truncated(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].doc[0] != ' ')
            fixture_check_truncated(&fixture, &answers[i]);
}

static const struct schema_row cluster_rows[] = {
    {"uuid", "\"A0EE\"", "st", " uuid='A0EE'"},
    {"tenantId", "1001", "*", NULL},
    {"createdAt", "\"2020-01-01T00:00:00Z\"", "*", NULL},
    {"domain", "\"eu-1.acme.example\"", "st", " domain='eu-1.acme.example'"},
    {"version", "\"2.15.0\"", "st", " version='2.15.0'"},
    {"name", "\"eu-1\"", NULL, " name='eu-1'"}, /* without it, there is no record */
    {"status", "{", "o", NULL},
    {"state", "\"Connected\"", "st", " state='Connected'"},
    {"conditions", "[{\"state\":\"no\"}]", "*", NULL},
    {"operands", "{\"state\":\"no\"}", "*", NULL},
    {NULL, "}", NULL, NULL},
    {"updatedAt", "null", "*", NULL},
    {"deletedAt", "null", NULL, NULL},
    {"deleteRequestedAt", "\"2020-01-02T00:00:00Z\"", "*", NULL},
    {"lastLiveness", "\"2020-01-02T00:00:00Z\"", "st", " seen='2020-01-02T00:00:00Z'"},
};

static const struct schema_row project_rows[] = {
    {"id", "\"33\"", "*", NULL},
    {"name", "\"team-a\"", NULL, " name='team-a'"},
    {"clusterId", "\"c-1\"", "st", " cluster='c-1'"},
    {"parentId", "\"p\"", "*", NULL},
    {"requestedNamespace", "null", "*", NULL},
    {"status", "{\"name\":\"no\"}", "*", NULL},
    {"totalResources", "{\"gpuQuota\":9}", "*", NULL},
    {"effective", "{\"resources\":[{\"gpu\":{\"deserved\":9}}]}", "*", NULL},
    {"resources", "[{", "a", NULL},
    {"nodePool", "{\"name\":\"no\"}", "*", NULL},
    {"gpu", "{", "o", NULL},
    {"deserved", "2.5", "nf", " quota=2500000"},
    {"limit", "5", "*", NULL},
    {"overQuotaWeight", "2", "*", NULL},
    {NULL, "}", NULL, NULL},
    {"cpu", "{\"deserved\":1000}", "*", NULL},
    {"memory", "null", "*", NULL},
    {"priority", "\"Normal\"", "*", NULL},
    {NULL, "}]", NULL, NULL},
};

static void test_each_field(void)
{
    static const struct schema schemas[] = {
        {&fixture, CLUSTERS, "[", "]", cluster_rows, sizeof cluster_rows / sizeof *cluster_rows},
        {&fixture, PROJECTS, "{\"projects\":[", "]}", project_rows,
         sizeof project_rows / sizeof *project_rows},
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        schema_check(&schemas[i]);
}

static void check_name_len(int kind, size_t len, const char *log_end_text)
{
    char *name = mem_new(len + 1, 1);
    memset(name, 'n', len);
    char *doc = mem_printf(
        kind == CLUSTERS ? "[{\"name\":\"%s\"}]" : "{\"projects\":[{\"name\":\"%s\"}]}", name);
    char *log = fixture_decode(&fixture, kind, doc);
    CU_ASSERT_PTR_NOT_NULL(strstr(log, log_end_text));
    free(log);
    free(doc);
    free(name);
}

static void test_name_lengths(void)
{
    check_name_len(CLUSTERS, 253, OK);
    check_name_len(CLUSTERS, 254, "{ } ok repaired=0 dropped=0");
    check_name_len(PROJECTS, 1024, OK);
    check_name_len(PROJECTS, 1025, "ok repaired=0 dropped=1");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers, however they are cut", test_answers},
        {"answers that are refused", test_refused},
        {"answers that end at every offset", test_truncated},
        {"each field missing, null and of each type", test_each_field},
        {"the lengths of names", test_name_lengths},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_control_lists", tests);
}
