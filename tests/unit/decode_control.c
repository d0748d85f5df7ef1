/* The control plane's workloads, and how many there are. */
#include "decode_fixture.h"

enum { WORKLOADS, FULL_WORKLOADS };

static bool on_workload(void *arg, struct str cluster_id, bool is_deleted,
                        const struct workload *workload, struct error *error)
{
    struct buf *log = arg;
    if (log == NULL)
        return error_set(error, ERR_INTERNAL, "the disk is full");
    buf_append_str(log, "{");
    log_text(log, "cluster", cluster_id);
    log_workload(log, workload);
    buf_append_str(log, is_deleted ? " deleted } " : " } ");
    return true;
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    return decoder_new_control_workloads(on_workload, kind == WORKLOADS ? log : NULL);
}

static void log_end(const struct decoder *decoder, struct buf *log)
{
    if (decoder_next_offset(decoder) != -1)
        buf_printf(log, " next=%" PRId64, decoder_next_offset(decoder));
    CHECK_STR(decoder_continue(decoder), "");
}

static const struct fixture fixture = {new_decoder, log_end};

static const char workloads[] =
    "{\"next\":500,\"workloads\":[{\"tenantId\":1001,\"type\":\"runai-job\",\"name\":\"train-1\","
    "\"id\":\"8e6c\",\"priority\":50,\"priorityClassName\":\"high\",\"submittedBy\":"
    "\"ann@acme.example\",\"clusterId\":\"c-1\",\"projectName\":\"team-a\",\"projectId\":\"7\","
    "\"departmentName\":\"vision\",\"departmentId\":\"1\",\"namespace\":\"runai-team-a\","
    "\"createdAt\":\"2026-01-02T03:04:05.531Z\",\"deletedAt\":null,\"completedAt\":null,"
    "\"workloadRequestedResources\":{\"gpuRequestType\":\"portion\",\"gpu\":{\"limit\":2,"
    "\"request\":1.5},\"cpu\":{\"request\":8}},\"podsRequestedResources\":{\"gpu\":{\"request\":9}}"
    ",\"allocatedResources\":{\"gpu\":1.25,\"gpuMemory\":\"200Mi\",\"cpu\":0.5},"
    "\"phase\":\"Initializing\",\"phaseMessage\":\"m\",\"k8sPhase\":\"Running\","
    "\"requestedNodePools\":[\"no\"],\"currentNodePools\":[\"default\",\"a100\"],"
    "\"images\":[\"alpine:latest\"],\"childrenIds\":[{\"id\":\"no\",\"type\":\"no\"}],"
    "\"runningPods\":1,\"preemptible\":true,\"environmentVariables\":{\"K\":\"secret\"},"
    "\"command\":\"secret\",\"arguments\":\"secret\",\"idleGpus\":3,\"idleAllocatedGpus\":0.5,"
    "\"totalPendingTimeSeconds\":60,\"totalRunningTimeSeconds\":0,\"category\":\"Train\","
    "\"additionalFields\":{\"id\":\"no\"},\"conditions\":[{\"type\":\"no\"}]},"
    "{\"id\":7,\"type\":\"Workspace\",\"category\":\"Build\",\"preemptible\":false,\"images\":[]}]"
    "}";

static const char workloads_log[] =
    "{ cluster='c-1' id='8e6c' name='train-1' project='team-a' department='vision' "
    "user='ann@acme.example' status='Initializing' phase='pending' type='training' "
    "word='runai-job' category='Train' "
    "allocated=1250000 requested=1500000 idle=500000 created=1767323045 pending=60 running=0 "
    "images=[alpine:latest] pools=[default a100] preemptible=yes } "
    "{ id='7' type='interactive' word='Workspace' category='Build' images=[] preemptible=no } " OK
    " next=500";

#define PAGE(items) "{\"workloads\":[" items "]}"
#define NEXT(next)  "{\"workloads\":[],\"next\":" next "}"

static const struct answer answers[] = {
    {WORKLOADS, workloads, workloads_log},
    {WORKLOADS, PAGE(""), OK},
    {WORKLOADS, PAGE("{}"), "{ } " OK},
    {WORKLOADS, "{\"workloads\":null}", OK},
    {WORKLOADS, NEXT("null"), OK},
    {WORKLOADS, NEXT("0"), OK},
    {WORKLOADS, NEXT("-0"), OK},
    {WORKLOADS, NEXT("1"), OK " next=1"},
    {WORKLOADS, NEXT("5e2"), OK " next=500"},
    {WORKLOADS, NEXT("500.0"), OK " next=500"},
    {WORKLOADS, NEXT("1,\"next\":null"), OK},
    {WORKLOADS, NEXT("1,\"next\":2"), OK " next=2"},
    /* What the type leaves open, the category says. */
    {WORKLOADS,
     PAGE("{\"type\":\"Inference\",\"category\":\"Train\"},{\"type\":\"odd\",\"category\":"
          "\"Workspace\"},{\"category\":\"Training\"},{\"type\":null,\"category\":\"odd\"},"
          "{\"type\":\"odd\"},{\"type\":\"odd\",\"category\":\"odd\"},{\"type\":"
          "\"TrainingWorkload\"}"),
     "{ type='inference' word='Inference' category='Train' } { type='interactive' word='odd' "
     "category='Workspace' } { type='training' category='Training' } { type='other' "
     "category='odd' } { type='other' word='odd' } { type='other' word='odd' category='odd' } "
     "{ type='training' word='TrainingWorkload' } " OK},
    /* Any deletedAt but null, and the repairs of what is deleted do not count. */
    {WORKLOADS,
     PAGE("{\"id\":1,\"name\":7,\"deletedAt\":\"2026-01-02T03:04:05Z\"},{\"id\":2,\"deletedAt\":"
          "null},{\"id\":3,\"deletedAt\":\"\"},{\"id\":4,\"deletedAt\":\"x\",\"deletedAt\":null}"),
     "{ id='1' deleted } { id='2' } { id='3' deleted } { id='4' } " OK},
    {WORKLOADS,
     PAGE("{\"id\":1,\"deletedAt\":0},{\"id\":2,\"deletedAt\":{\"at\":null}},{\"id\":3,"
          "\"deletedAt\":[]},{\"id\":4,\"deletedAt\":false},{\"id\":5}"),
     "{ id='1' deleted } { id='2' deleted } { id='3' deleted } { id='4' deleted } { id='5' } " OK},
    /* The newer name wins, whatever the order, but null does not win over a figure. */
    {WORKLOADS,
     PAGE("{\"idleGpus\":1,\"idleAllocatedGpus\":2},{\"idleAllocatedGpus\":2,\"idleGpus\":1},"
          "{\"idleGpus\":1},{\"idleGpus\":1,\"idleAllocatedGpus\":null},"
          "{\"idleAllocatedGpus\":0,\"idleGpus\":1},{}"),
     "{ idle=2000000 } { idle=2000000 } { idle=1000000 } { idle=1000000 } { idle=0 } { } " OK},
    {WORKLOADS, PAGE("{\"id\":\"\"},{\"id\":\"x\",\"id\":\"\"},{\"id\":null}"), "{ } { } { } " OK},
    {WORKLOADS,
     PAGE("{\"totalPendingTimeSeconds\":0,\"totalRunningTimeSeconds\":1e3},"
          "{\"totalPendingTimeSeconds\":253402300799,\"totalRunningTimeSeconds\":60.0}"),
     "{ pending=0 running=1000 } { pending=253402300799 running=60 } " OK},
    {WORKLOADS,
     PAGE("{\"totalPendingTimeSeconds\":-1,\"totalRunningTimeSeconds\":60.5},"
          "{\"totalPendingTimeSeconds\":\"60\",\"totalRunningTimeSeconds\":1e400},"
          "{\"totalPendingTimeSeconds\":253402300800,\"totalRunningTimeSeconds\":5e-1}"),
     "{ } { } { } ok repaired=6 dropped=0"},
    {WORKLOADS,
     PAGE(
         "{\"allocatedResources\":null,\"workloadRequestedResources\":{\"gpu\":null}},"
         "{\"allocatedResources\":{\"gpu\":0},\"workloadRequestedResources\":{\"gpu\":{\"request\":"
         "null}}}"),
     "{ } { allocated=0 } " OK},
    /* A number in a text is none here. */
    {WORKLOADS, PAGE("{\"allocatedResources\":{\"gpu\":\"1\"},\"idleAllocatedGpus\":\"1\"}"),
     "{ } ok repaired=2 dropped=0"},
    {WORKLOADS, PAGE("{\"images\":\"one\",\"currentNodePools\":\"one\"}"),
     "{ } ok repaired=2 dropped=0"},
    {WORKLOADS, PAGE("{\"createdAt\":\"0001-01-01T00:00:00Z\"},{\"createdAt\":\"now\"}"),
     "{ created=-62135596800 } { } ok repaired=1 dropped=0"},
    /* A repeated object replaces the earlier one; nothing is left in the next record. */
    {WORKLOADS,
     PAGE("{\"allocatedResources\":{\"gpu\":1},\"allocatedResources\":{\"cpu\":1},"
          "\"workloadRequestedResources\":{\"gpu\":{\"request\":1}},\"workloadRequestedResources\":"
          "{}},{\"workloadRequestedResources\":{\"gpu\":{\"request\":1},\"gpu\":{\"limit\":1}}}"),
     "{ } { } " OK},
    {WORKLOADS,
     PAGE("{\"clusterId\":\"c\",\"preemptible\":true,\"totalPendingTimeSeconds\":1,\"images\":"
          "[\"i\"],\"deletedAt\":null,\"type\":\"Train\",\"idleAllocatedGpus\":1},{}"),
     "{ cluster='c' type='training' word='Train' idle=1000000 pending=1 images=[i] preemptible=yes "
     "} { } " OK},
    {WORKLOADS, PAGE("{\"name\":\"\xFF\",\"clusterId\":\"\\udfff\"}"),
     "{ cluster='\xEF\xBF\xBD' name='\xEF\xBF\xBD' } ok repaired=2 dropped=0"},
};

#define BAD_NEXT "bad_shape: \"next\" in the answer is not an offset"

static const struct answer refused[] = {
    {WORKLOADS, "{}", "bad_shape: the answer has no \"workloads\""},
    {WORKLOADS, "{\"next\":5}", "bad_shape: the answer has no \"workloads\""},
    {WORKLOADS, "{\"code\":403,\"message\":\"no\"}", "bad_shape: the answer has no \"workloads\""},
    {WORKLOADS, "{\"workloads\":[],\"workloads\":null}",
     "bad_shape: the answer has \"workloads\" twice"},
    {WORKLOADS, "{\"workloads\":{}}", "bad_shape: \"workloads\" in the answer is not a list"},
    {WORKLOADS, PAGE("{},7"), "{ } bad_shape: an item of \"workloads\" is not an object"},
    {WORKLOADS, "[]", "bad_shape: the answer is not an object"},
    {WORKLOADS, NEXT("-1"), BAD_NEXT},
    {WORKLOADS, NEXT("1.5"), BAD_NEXT},
    {WORKLOADS, NEXT("1e-1"), BAD_NEXT},
    {WORKLOADS, NEXT("1e400"), BAD_NEXT},
    {WORKLOADS, NEXT("\"1\""), BAD_NEXT},
    {WORKLOADS, NEXT("true"), BAD_NEXT},
    {WORKLOADS, NEXT("{}"), BAD_NEXT},
    {WORKLOADS, NEXT("[]"), BAD_NEXT},
    {WORKLOADS, "<html>", "not_json: an HTML page instead of JSON"},
    {FULL_WORKLOADS, PAGE("{}"), "internal: the disk is full"},
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
        fixture_check_truncated(&fixture, &answers[i]);
}

static const struct schema_row workload_rows[] = {
    {"tenantId", "1001", "*", NULL},
    {"id", "\"8e6c\"", "stnfr", " id='8e6c'"},
    {"name", "\"train-1\"", "st", " name='train-1'"},
    {"type", "\"Train\"", "st", " type='training'"},
    {"category", "\"Inference\"", "st", NULL},
    {"source", "\"Cluster\"", "*", NULL},
    {"priority", "50", "*", NULL},
    {"priorityClassName", "\"high\"", "*", NULL},
    {"submittedBy", "\"ann\"", "st", " user='ann'"},
    {"clusterId", "\"c-1\"", "st", " cluster='c-1'"},
    {"projectName", "\"team-a\"", "st", " project='team-a'"},
    {"projectId", "\"7\"", "*", NULL},
    {"departmentName", "\"vision\"", "st", " department='vision'"},
    {"departmentId", "\"1\"", "*", NULL},
    {"namespace", "\"runai-team-a\"", "*", NULL},
    {"createdAt", "\"2026-01-02T03:04:05Z\"", "", " created=1767323045"},
    {"updatedAt", "\"2026-01-02T03:04:05Z\"", "*", NULL},
    {"completedAt", "null", "*", NULL},
    {"deletedAt", "null", NULL, NULL},
    {"phase", "\"Running\"", "st", " status='Running' phase='running'"},
    {"phaseMessage", "\"m\"", "*", NULL},
    {"phaseReason", "\"r\"", "*", NULL},
    {"phaseUpdatedAt", "\"2026-01-02T03:04:05Z\"", "*", NULL},
    {"k8sPhase", "\"Pending\"", "*", NULL},
    {"k8sPhaseUpdatedAt", "\"2026-01-02T03:04:05Z\"", "*", NULL},
    {"conditions", "[{\"type\":\"no\"}]", "*", NULL},
    {"runningPods", "1", "*", NULL},
    {"requestedPods", "{\"number\":1}", "*", NULL},
    {"allocatedResources", "{", "o", NULL},
    {"gpu", "1.25", "nf", " allocated=1250000"},
    {"gpuMemory", "\"200Mi\"", "*", NULL},
    {"cpu", "0.5", "*", NULL},
    {"cpuMemory", "\"0B\"", "*", NULL},
    {"extendedResources", "[]", "*", NULL},
    {NULL, "}", NULL, NULL},
    {"workloadRequestedResources", "{", "o", NULL},
    {"gpuRequestType", "\"portion\"", "*", NULL},
    {"gpu", "{", "o", NULL},
    {"limit", "2", "*", NULL},
    {"request", "1.5", "nf", " requested=1500000"},
    {NULL, "}", NULL, NULL},
    {"cpu", "{\"request\":8}", "*", NULL},
    {NULL, "}", NULL, NULL},
    {"podsRequestedResources", "{\"gpu\":{\"request\":9}}", "*", NULL},
    {"idleGpus", "3", "nf", NULL},
    {"idleAllocatedGpus", "0.5", "nf", " idle=500000"},
    {"images", "[\"a\",\"b\"]", "a", " images=[a b]"},
    {"requestedNodePools", "[\"no\"]", "*", NULL},
    {"currentNodePools", "[\"p\",\"q\"]", "a", " pools=[p q]"},
    {"preemptible", "true", "b", " preemptible=yes"},
    {"totalPendingTimeSeconds", "60", "n", " pending=60"},
    {"totalRunningTimeSeconds", "61", "n", " running=61"},
    {"childrenIds", "[{\"id\":\"no\"}]", "*", NULL},
    {"urls", "[\"no\"]", "*", NULL},
    {"datasources", "[{\"name\":\"no\",\"type\":\"no\"}]", "*", NULL},
    {"environments", "[{\"name\":\"no\"}]", "*", NULL},
    {"externalConnections", "[]", "*", NULL},
    {"actionsSupport", "{\"delete\":true}", "*", NULL},
    {"distributedFramework", "\"Pytorch\"", "*", NULL},
    {"additionalFields", "{\"id\":\"no\"}", "*", NULL},
    {"command", "\"secret\"", "*", NULL},
    {"arguments", "\"secret\"", "*", NULL},
    {"environmentVariables", "{\"K\":\"secret\"}", "*", NULL},
    {"guaranteedRuntimeEndsAt", "null", "*", NULL},
    {"aiApplicationId", "\"a\"", "*", NULL},
    {"topology", "{\"name\":\"no\"}", "*", NULL},
};

static void test_each_field(void)
{
    const struct schema schema = {
        .fixture = &fixture,
        .kind = WORKLOADS,
        .before = "{\"next\":1,\"workloads\":[",
        .after = "]}",
        .rows = workload_rows,
        .count = sizeof workload_rows / sizeof *workload_rows,
    };
    schema_check(&schema);
}

static const struct {
    const char *doc;
    int64_t count;
    const char *outcome;
} counts[] = {
    {"{\"count\":0}", 0, "ok"},
    {"{\"count\":1234}", 1234, "ok"},
    {"{\"x\":{\"count\":7},\"count\":1e3,\"y\":[7]}", 1000, "ok"},
    {"{\"count\":1000000000000000}", 1000000000000000, "ok"},
    {"{\"count\":1,\"count\":2}", 2, "ok"},
    {"{}", -7, "bad_shape: the answer has no \"count\""},
    {"{\"x\":{\"count\":7}}", -7, "bad_shape: the answer has no \"count\""},
    {"{\"count\":null}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":-1}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":1.5}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":1e400}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":\"1\"}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":true}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":{}}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"{\"count\":[1]}", -7, "bad_shape: \"count\" in the answer is not a count"},
    {"7", -7, "bad_shape: the answer is not an object"},
    {"[7]", -7, "bad_shape: the answer is not an object"},
    {"null", -7, "bad_shape: the answer is not an object"},
    {"", -7, "not_json: the answer is empty"},
    {"{\"count\":1", -7, "bad_json: the document ends early"},
};

static void test_counts(void)
{
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t len = strlen(counts[i].doc);
        for (size_t chunk = 1; chunk <= len + 1; chunk++) {
            int64_t count = -7;
            struct error error = {0};
            struct decoder *decoder = decoder_new_control_count(&count);
            bool is_ok = true;
            for (size_t at = 0; is_ok && at < len; at += chunk)
                is_ok = decoder_feed(decoder, counts[i].doc + at,
                                     len - at < chunk ? len - at : chunk, &error);
            is_ok = is_ok && decoder_finish(decoder, &error);
            char *outcome = is_ok ? mem_strdup("ok")
                                  : mem_printf("%s: %s", error_class_name(error.class), error.text);
            CHECK_STR(outcome, counts[i].outcome);
            if (is_ok)
                CU_ASSERT_EQUAL(count, counts[i].count);
            free(outcome);
            decoder_free(decoder);
        }
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers, however they are cut", test_answers},
        {"answers that are refused", test_refused},
        {"answers that end at every offset", test_truncated},
        {"each field missing, null and of each type", test_each_field},
        {"counts", test_counts},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_control", tests);
}
