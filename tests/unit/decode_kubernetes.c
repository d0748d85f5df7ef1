/* Pages of a cluster's Kubernetes API. */
#include "decode_fixture.h"

/* Of which kind the list is, and whether it is a project's; FULL_DISK: the handler's own failure.
 */
enum { ALL, TEAM_A, FULL_DISK, WORKERS, UNKNOWN_PODS, JOBS, POD_GROUPS };

static bool on_workload(void *arg, const struct workload *workload, struct error *error)
{
    struct buf *log = arg;
    (void)error;
    buf_append_str(log, "{");
    log_workload(log, workload);
    buf_append_str(log, " } ");
    return true;
}

static bool on_full_disk(void *arg, const struct workload *workload, struct error *error)
{
    (void)arg;
    (void)workload;
    return error_set(error, ERR_INTERNAL, "the disk is full");
}

/* What is known of the workload "both", of "half", whose request is not known, and of "no", of
 * which nothing is. */
static bool find_pod_groups(const void *arg, struct str uid, struct pod_group_gpus *gpus)
{
    (void)arg;
    if (str_equals(uid, str_of("both")))
        *gpus = (struct pod_group_gpus){1500000, 3000000};
    if (str_equals(uid, str_of("half")))
        *gpus = (struct pod_group_gpus){0, AMOUNT_NULL};
    return gpus->allocated != AMOUNT_NULL;
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    static const struct kubernetes_kind kinds[] = {
        {"x", NULL, TYPE_TRAINING, PODS_ONE, false},
        {"x", NULL, TYPE_DISTRIBUTED, PODS_WORKERS, false},
        {"x", NULL, TYPE_INFERENCE, PODS_UNKNOWN, false},
        {"x", NULL, TYPE_TRAINING, PODS_UNKNOWN, true},
    };
    struct kubernetes_list list = {.kind = &kinds[0]};
    if (kind >= WORKERS && kind <= JOBS)
        list.kind = &kinds[kind - WORKERS + 1];
    if (kind == TEAM_A)
        list.project = "team-a";
    if (kind == POD_GROUPS)
        list.find_pod_groups = find_pod_groups;
    return decoder_new_kubernetes_list(&list, kind == FULL_DISK ? on_full_disk : on_workload, log);
}

static void log_end(const struct decoder *decoder, struct buf *log)
{
    if (decoder_left_out(decoder) > 0)
        buf_printf(log, " left_out=%" PRIu64, decoder_left_out(decoder));
    if (*decoder_continue(decoder) != '\0')
        buf_printf(log, " continue=%s", decoder_continue(decoder));
    CU_ASSERT_EQUAL(decoder_next_offset(decoder), -1);
}

static const struct fixture fixture = {new_decoder, log_end};

static const char page[] =
    "{\"apiVersion\":\"run.ai/v2alpha1\",\"kind\":\"TrainingWorkloadList\",\"metadata\":{"
    "\"resourceVersion\":\"81\",\"continue\":\"eyJ2IjoibWV0YSJ9\",\"remainingItemCount\":1},"
    "\"items\":["
    "{\"apiVersion\":\"run.ai/v2alpha1\",\"kind\":\"TrainingWorkload\",\"metadata\":{"
    "\"name\":\"train-1\",\"namespace\":\"runai-team-a\",\"uid\":\"6f1c\","
    "\"creationTimestamp\":\"2026-01-02T03:04:05Z\",\"labels\":{\"project\":\"team-a\","
    "\"x\":null},\"annotations\":{\"project\":\"no\"},\"managedFields\":[{\"name\":\"no\"}]},"
    "\"spec\":{\"name\":{\"value\":\"no\"},\"image\":{\"value\":\"repo/img:1\"},\"gpu\":{"
    "\"value\":\"0.5\"},\"username\":{\"value\":\"ann\"},\"nodePool\":{\"value\":\"default\"},"
    "\"command\":{\"value\":\"secret\"},\"arguments\":{\"value\":\"secret\"},"
    "\"environment\":{\"items\":{\"K\":{\"value\":\"secret\"}}},"
    "\"environmentVariables\":{\"value\":\"secret\"}},\"status\":{\"phase\":\"Running\","
    "\"conditions\":[{\"phase\":\"no\"}]}},"
    "{\"metadata\":{\"namespace\":\"runai-team-a\",\"uid\":12345678901234567890},"
    "\"spec\":{\"name\":{\"value\":\"by-spec\"},\"image\":{\"value\":[\"a\",\"b\"]},"
    "\"gpu\":{\"value\":2},\"nodePools\":{\"value\":[\"p1\",\"p2\"]},\"nodePool\":{\"value\":"
    "\"no\"}},\"status\":{}}]}";

static const char page_log[] =
    "{ id='6f1c' name='train-1' project='team-a' user='ann' status='Running' phase='running' "
    "type='training' requested=500000 created=1767323045 images=[repo/img:1] pools=[default] } "
    "{ id='12345678901234567890' name='by-spec' project='team-a' type='training' "
    "requested=2000000 images=[a b] pools=[p1 p2] } " OK " continue=eyJ2IjoibWV0YSJ9";

#define PAGE(items) "{\"items\":[" items "]}"
#define SPEC(spec)  PAGE("{\"spec\":{" spec "}}")
#define REQUESTS(a, b, c, d, e)                                                                    \
    PAGE("{\"spec\":{" a "}},{\"spec\":{" b "}},{\"spec\":{" c "}},{\"spec\":{" d                  \
         "}},{\"spec\":{" e "}}")
#define CONDITIONS(list) PAGE("{\"status\":{\"conditions\":[" list "]}}")
#define READY            CONDITION("Ready", "True", "05")
#define FAILED           CONDITION("Failed", "True", "01")
#define CONDITION(type, status, day)                                                               \
    "{\"type\":\"" type "\",\"status\":\"" status "\",\"lastTransitionTime\":\"2026-01-" day       \
    "T00:00:00Z\"}"

static const struct answer answers[] = {
    {TEAM_A, page, page_log},
    {ALL, page, page_log},
    {ALL, PAGE(""), OK},
    {ALL, "{\"items\":null}", OK},
    {ALL, "{\"metadata\":null,\"items\":[]}", OK},
    {ALL, "{\"metadata\":{},\"items\":[]}", OK},
    {ALL, "{\"metadata\":{\"continue\":null},\"items\":[]}", OK},
    {ALL, "{\"metadata\":{\"continue\":\"\"},\"items\":[]}", OK},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":\"a/+=\"}}", OK " continue=a/+="},
    {ALL, "{\"metadata\":{\"continue\":\"a\",\"continue\":\"b\"},\"items\":[]}", OK " continue=b"},
    {ALL, "{\"metadata\":{\"continue\":\"a\",\"continue\":null},\"items\":[]}", OK},
    {ALL, "{\"metadata\":{\"continue\":\"a\"},\"items\":[],\"metadata\":{}}", OK},
    {ALL, "{\"metadata\":{\"continue\":\"a\"},\"items\":[],\"metadata\":null}", OK},
    {ALL, PAGE("{}"), "{ type='training' } " OK},
    /* The project: the label, else the namespace behind the prefix, else what was asked for. */
    {ALL,
     PAGE("{\"metadata\":{\"namespace\":\"runai-ns\",\"labels\":{\"project\":\"label\"}},"
          "\"spec\":{\"project\":{\"value\":\"spec\"}}},"
          "{\"metadata\":{\"namespace\":\"runai-ns\",\"labels\":{\"project\":\"\"}},"
          "\"spec\":{\"project\":{\"value\":\"spec\"}}},"
          "{\"metadata\":{\"namespace\":\"runai-runai-ns\",\"labels\":null}},"
          "{\"metadata\":{\"namespace\":\"ns\"},\"spec\":{\"project\":{\"value\":\"spec\"}}},"
          "{\"metadata\":{\"namespace\":\"runai-\"},\"spec\":{\"project\":{\"value\":\"spec\"}}},"
          "{\"metadata\":{\"namespace\":\"gpu-lab-ns\"}}"),
     "{ project='label' type='training' } { project='ns' type='training' } "
     "{ project='runai-ns' type='training' } { project='spec' type='training' } "
     "{ project='spec' type='training' } { type='training' } " OK},
    /* Another project's records, and their repairs, do not count; no project is kept. */
    {TEAM_A,
     PAGE("{\"metadata\":{\"name\":7,\"labels\":{\"project\":\"team-b\"}}},"
          "{\"metadata\":{\"namespace\":\"runai-team-b\"}},"
          "{\"metadata\":{\"namespace\":\"runai-team-b\",\"labels\":{\"project\":\"team-a\"}}},"
          "{\"metadata\":{\"namespace\":\"other\",\"uid\":1}}"),
     "{ project='team-a' type='training' } { id='1' type='training' } ok repaired=0 dropped=2"},
    /* Amounts: text or number, exact, and nothing else. */
    {ALL,
     PAGE(
         "{\"spec\":{\"gpu\":{\"value\":\"0.1\"}}},{\"spec\":{\"gpu\":{\"value\":0}}},"
         "{\"spec\":{\"gpu\":{\"value\":\"1e2\"}}},{\"spec\":{\"gpu\":{\"value\":\"0.0000005\"}}}"),
     "{ type='training' requested=100000 } { type='training' requested=0 } "
     "{ type='training' requested=100000000 } { type='training' requested=1 } " OK},
    {ALL,
     PAGE("{\"spec\":{\"gpu\":{\"value\":\"\"}}},{\"spec\":{\"gpu\":{\"value\":\"half\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":\" 1\"}}},{\"spec\":{\"gpu\":{\"value\":\"-1\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":\"1 \"}}},{\"spec\":{\"gpu\":{\"value\":\"500m\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":\"1000000001\"}}},{\"spec\":{\"gpu\":{\"value\":-1}}},"
          "{\"spec\":{\"gpu\":{\"value\":\"1\\u0000\"}}},{\"spec\":{\"gpu\":\"1\"}}"),
     "{ type='training' } { type='training' } { type='training' } { type='training' } "
     "{ type='training' } { type='training' } { type='training' } { type='training' } "
     "{ type='training' } { type='training' } ok repaired=10 dropped=0"},
    {ALL,
     PAGE("{\"metadata\":{\"creationTimestamp\":\"2026-01-02T04:04:05.9+01:00\"}},"
          "{\"metadata\":{\"creationTimestamp\":\"1969-12-31T23:59:58Z\"}},"
          "{\"metadata\":{\"creationTimestamp\":null}}"),
     "{ type='training' created=1767323045 } { type='training' created=-2 } { type='training' "
     "} " OK},
    {ALL,
     PAGE("{\"metadata\":{\"creationTimestamp\":\"yesterday\"}},"
          "{\"metadata\":{\"creationTimestamp\":1767323045}},"
          "{\"metadata\":{\"creationTimestamp\":\"10000-01-01T00:00:00Z\"}},"
          "{\"metadata\":{\"creationTimestamp\":\"0000-01-01T00:00:00Z\"}},"
          "{\"metadata\":{\"creationTimestamp\":\"9999-12-31T23:59:59-01:00\"}},"
          "{\"metadata\":{\"creationTimestamp\":\"\"}}"),
     "{ type='training' } { type='training' } { type='training' } { type='training' } "
     "{ type='training' } { type='training' } ok repaired=6 dropped=0"},
    {ALL, SPEC("\"nodePools\":{\"value\":\"a\"},\"nodePool\":{\"value\":\"b\"}"),
     "{ type='training' pools=[a] } " OK},
    {ALL, SPEC("\"nodePools\":{\"value\":null},\"nodePool\":{\"value\":[\"b\",\"c\"]}"),
     "{ type='training' pools=[b c] } " OK},
    {ALL, SPEC("\"nodePools\":{\"value\":[]},\"nodePool\":{\"value\":\"b\"}"),
     "{ type='training' pools=[] } " OK},
    {ALL, SPEC("\"image\":{\"value\":[\"a\",null,1,{\"value\":\"x\"},\"b\"]}"),
     "{ type='training' images=[a b] } ok repaired=3 dropped=0"},
    /* What is being deleted is terminating, whatever its phase says. */
    {ALL,
     PAGE("{\"metadata\":{\"deletionTimestamp\":\"2026-01-02T03:04:05Z\"},"
          "\"status\":{\"phase\":\"Running\"}},"
          "{\"metadata\":{\"deletionTimestamp\":7},\"status\":{\"phase\":\"Completed\"}},"
          "{\"metadata\":{\"deletionTimestamp\":{}}},{\"metadata\":{\"deletionTimestamp\":null},"
          "\"status\":{\"phase\":\"Running\"}},"
          "{\"metadata\":{\"deletionTimestamp\":\"\"},\"metadata\":{}}"),
     "{ status='Running' phase='terminating' type='training' } "
     "{ status='Completed' phase='terminating' type='training' } "
     "{ phase='terminating' type='training' } "
     "{ status='Running' phase='running' type='training' } { type='training' } " OK},
    /* Templates are no workloads; nor are their repairs, whatever project they name. */
    {TEAM_A,
     PAGE(
         "{\"spec\":{\"usage\":\"Template\"},\"metadata\":{\"name\":7}},"
         "{\"spec\":{\"usage\":{\"value\":\"template\"}}},"
         "{\"spec\":{\"usage\":\"TEMPLATE\"},\"metadata\":{\"labels\":{\"project\":\"team-b\"}}},"
         "{\"metadata\":{\"labels\":{\"project\":\"team-b\"}}},"
         "{\"spec\":{\"usage\":\"Submit\"}},{\"spec\":{\"usage\":\"Template\",\"usage\":{}}},"
         "{\"spec\":{\"usage\":\"Template\",\"usage\":null}},{\"spec\":{\"usage\":[\"Template\"]}},"
         "{\"spec\":{\"usage\":\"Template \"}},{}"),
     "{ type='training' } { type='training' } { type='training' } { type='training' } "
     "{ type='training' } { type='training' } ok repaired=1 dropped=1 left_out=3"},
    /* The phase: the status', else the scheduler's, else the conditions'. */
    {ALL,
     PAGE("{\"metadata\":{\"annotations\":{\"runai-calculated-status\":\"Pending\"}},\"status\":{"
          "\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\"}],\"phase\":\"Running\"}},"
          "{\"metadata\":{\"annotations\":{\"runai-calculated-status\":\"Pending\"}},\"status\":{"
          "\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\"}],\"phase\":null}},"
          "{\"metadata\":{\"annotations\":{\"runai-calculated-status\":\"\"}},\"status\":{"
          "\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\"}],\"phase\":\"\"}},"
          "{\"metadata\":{\"annotations\":{\"runai-calculated-status\":\"Odd\"}}}"),
     "{ status='Running' phase='running' type='training' } "
     "{ status='Pending' phase='pending' type='training' } "
     "{ status='Failed' phase='failed' type='training' } "
     "{ status='Odd' phase='unknown' type='training' } " OK},
    /* Of the conditions that are true the latest decides, of equal ones the last. */
    {ALL,
     CONDITIONS(CONDITION("Created", "True", "01") "," CONDITION("Running", "True", "03") "," //
                CONDITION("Suspended", "True", "02")),
     "{ status='Running' phase='running' type='training' } " OK},
    {ALL, CONDITIONS(CONDITION("Running", "False", "03") "," CONDITION("Complete", "true", "02")),
     "{ status='Complete' phase='succeeded' type='training' } " OK},
    {ALL, CONDITIONS(CONDITION("Running", "True", "03") "," CONDITION("Failed", "True", "03")),
     "{ status='Failed' phase='failed' type='training' } " OK},
    {ALL, CONDITIONS(CONDITION("Running", "Unknown", "03") "," CONDITION("", "True", "03")),
     "{ type='training' } " OK},
    /* One without a time is older than any. */
    {ALL,
     CONDITIONS("{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":null}," CONDITION(
         "Created", "True", "01") ",{\"type\":\"Failed\",\"status\":\"True\"}"),
     "{ status='Created' phase='pending' type='training' } " OK},
    {ALL,
     CONDITIONS(
         "{\"type\":\"Failed\",\"status\":\"True\"},{\"status\":\"True\",\"type\":\"Ready\"}"),
     "{ status='Ready' phase='running' type='training' } " OK},
    /* One that says nothing of the phase decides only if no other does. */
    {ALL,
     CONDITIONS(CONDITION("Available", "True", "01") "," CONDITION("PodScheduled", "True", "09")),
     "{ status='Available' phase='running' type='training' } " OK},
    {ALL,
     CONDITIONS(CONDITION("PodScheduled", "True", "09") "," CONDITION("Available", "True", "01")),
     "{ status='Available' phase='running' type='training' } " OK},
    {ALL,
     CONDITIONS(CONDITION("PodScheduled", "True", "02") "," CONDITION("Initialized", "True", "01")),
     "{ status='PodScheduled' phase='unknown' type='training' } " OK},
    {ALL,
     PAGE("{\"metadata\":{\"deletionTimestamp\":\"x\"},\"status\":{\"conditions\":[" CONDITION(
         "Ready", "True", "01") "]}}"),
     "{ status='Ready' phase='terminating' type='training' } " OK},
    /* Nothing of conditions is left where they are repeated, or in the next record. */
    {ALL,
     PAGE("{\"status\":{\"conditions\":[" READY "],\"conditions\":[" FAILED "]}},"
          "{\"status\":{\"conditions\":[" READY "]},\"status\":{}},{}"),
     "{ status='Failed' phase='failed' type='training' } { type='training' } { type='training' "
     "} " OK},
    {ALL,
     CONDITIONS(CONDITION("Ready", "True", "01") ",null,\"x\",[],7,{\"type\":7,\"status\":true,"
                                                 "\"lastTransitionTime\":\"now\"}"),
     "{ status='Ready' phase='running' type='training' } ok repaired=7 dropped=0"},
    {ALL, PAGE("{\"status\":{\"conditions\":{\"type\":\"Ready\",\"status\":\"True\"}}}"),
     "{ type='training' } ok repaired=1 dropped=0"},
    /* What one pod requests, times the pods. */
    {WORKERS,
     REQUESTS("\"gpu\":{\"value\":\"0.5\"},\"workers\":{\"value\":3}",
              "\"gpu\":{\"value\":2},\"workers\":{\"value\":\"4\"}",
              "\"gpu\":{\"value\":0},\"workers\":4", "\"gpu\":{\"value\":2}",
              "\"workers\":{\"value\":3}"),
     "{ type='distributed' requested=1500000 } { type='distributed' requested=8000000 } "
     "{ type='distributed' requested=0 } { type='distributed' } { type='distributed' } " OK},
    {WORKERS,
     REQUESTS("\"gpu\":{\"value\":2},\"workers\":{\"value\":\"many\"}",
              "\"gpu\":{\"value\":2},\"workers\":{\"value\":1.5}",
              "\"gpu\":{\"value\":500000000},\"workers\":{\"value\":3}",
              "\"gpu\":{\"value\":2},\"workers\":{\"value\":null}",
              "\"gpu\":{\"value\":2},\"workers\":{\"value\":0}"),
     "{ type='distributed' } { type='distributed' } { type='distributed' } { type='distributed' } "
     "{ type='distributed' requested=0 } ok repaired=3 dropped=0"},
    {ALL,
     REQUESTS("\"gpu\":{\"value\":2},\"parallelism\":{\"value\":3}",
              "\"gpu\":{\"value\":2},\"parallelism\":{\"value\":\"x\"}",
              "\"gpu\":{\"value\":2},\"minScale\":{\"value\":1},\"maxScale\":{\"value\":4}",
              "\"gpu\":{\"value\":2},\"minScale\":{\"value\":4},\"maxScale\":{\"value\":\"4\"}",
              "\"gpu\":{\"value\":2},\"maxScale\":{\"value\":4}"),
     "{ type='training' requested=6000000 } { type='training' } { type='training' } "
     "{ type='training' requested=8000000 } { type='training' } ok repaired=1 dropped=0"},
    {ALL,
     REQUESTS("\"gpu\":{\"value\":2},\"minScale\":{\"value\":\"x\"},\"maxScale\":{\"value\":\"x\"}",
              "\"gpu\":{\"value\":2},\"mpi\":{\"value\":true}", "\"gpu\":{\"value\":2},\"mpi\":{}",
              "\"gpu\":{\"value\":2},\"mpi\":{\"value\":true},\"workers\":{\"value\":3}",
              "\"gpu\":{\"value\":2},\"mpi\":{\"value\":false}"),
     "{ type='training' } { type='training' } { type='training' } "
     "{ type='training' requested=6000000 } { type='training' requested=2000000 } "
     "ok repaired=2 dropped=0"},
    /* GPUs in other terms are no number of them. */
    {ALL,
     REQUESTS("\"gpu\":{\"value\":2},\"gpuMemory\":{\"value\":\"4G\"}",
              "\"gpu\":{\"value\":2},\"gpuMemory\":\"4G\"",
              "\"gpu\":{\"value\":2},\"migProfile\":{\"value\":\"1g.5gb\"}",
              "\"gpu\":{\"value\":2},\"gpuDevices\":{\"value\":8}",
              "\"gpu\":{\"value\":2},\"gpuMemory\":{\"value\":null},\"migProfile\":null,"
              "\"gpuDevices\":{}"),
     "{ type='training' } { type='training' } { type='training' } { type='training' } "
     "{ type='training' requested=2000000 } " OK},
    /* A master or launcher adds its own. */
    {WORKERS,
     PAGE("{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2}},"
          "\"masterSpec\":{\"gpu\":{\"value\":\"0.5\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2},"
          "\"master\":{\"gpu\":{\"value\":1}}}},"
          "{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2},"
          "\"launcher\":{\"gpu\":{\"value\":0}}}},"
          "{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2}},\"masterSpec\":{}},"
          "{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2}},\"masterSpec\":{"
          "\"gpuMemory\":{\"value\":\"1G\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2},"
          "\"launcher\":{\"migProfile\":{\"value\":\"1g.5gb\"}}}},"
          "{\"spec\":{\"workers\":{\"value\":2}},\"masterSpec\":{\"gpu\":{\"value\":1}}}"),
     "{ type='distributed' requested=4500000 } { type='distributed' requested=5000000 } "
     "{ type='distributed' requested=4000000 } { type='distributed' requested=4000000 } "
     "{ type='distributed' } { type='distributed' } { type='distributed' } " OK},
    {WORKERS,
     PAGE("{\"spec\":{\"gpu\":{\"value\":2},\"workers\":{\"value\":2}},"
          "\"masterSpec\":{\"gpu\":{\"value\":\"x\"}}},"
          "{\"spec\":{\"gpu\":{\"value\":1000000000},\"workers\":{\"value\":1}},"
          "\"masterSpec\":{\"gpu\":{\"value\":1}}}"),
     "{ type='distributed' } { type='distributed' } ok repaired=2 dropped=0"},
    {UNKNOWN_PODS,
     REQUESTS("\"gpu\":{\"value\":2}", "\"gpu\":{\"value\":2},\"workers\":{\"value\":1}", "", "",
              ""),
     "{ type='inference' } { type='inference' } { type='inference' } { type='inference' } "
     "{ type='inference' } " OK},
    /* What is allocated, and where: PodGroups, else annotations. */
    {ALL,
     PAGE("{\"metadata\":{\"annotations\":{\"runai-current-allocated-gpus\":\"0.50\","
          "\"runai-used-nodes\":\"gpu-1, gpu-2\"}}},"
          "{\"metadata\":{\"annotations\":{\"runai-current-allocated-gpus\":2,"
          "\"runai-used-nodes\":\"[\\\"gpu-1\\\",\\\"gpu-2\\\"]\"}}},"
          "{\"metadata\":{\"annotations\":{\"runai-used-nodes\":\"\"}}},"
          "{\"metadata\":{\"annotations\":{\"runai-used-nodes\":\",gpu-1,,\"}}},"
          "{\"metadata\":{\"annotations\":{\"runai-used-nodes\":null,"
          "\"runai-current-allocated-gpus\":null}}}"),
     "{ type='training' allocated=500000 nodes=[gpu-1 gpu-2] } "
     "{ type='training' allocated=2000000 nodes=[gpu-1 gpu-2] } { type='training' nodes=[] } "
     "{ type='training' nodes=[gpu-1] } { type='training' } " OK},
    {ALL,
     PAGE("{\"metadata\":{\"annotations\":{\"runai-current-allocated-gpus\":\"all\","
          "\"runai-used-nodes\":[\"gpu-1\"]}}},{\"metadata\":{\"annotations\":[]}}"),
     "{ type='training' } { type='training' } ok repaired=3 dropped=0"},
    {POD_GROUPS,
     PAGE(
         "{\"metadata\":{\"uid\":\"both\"}},"
         "{\"metadata\":{\"uid\":\"both\",\"annotations\":{\"runai-current-allocated-gpus\":\"9\"}}"
         ","
         "\"spec\":{\"gpu\":{\"value\":\"1\"}}},"
         "{\"metadata\":{\"uid\":\"half\",\"annotations\":{\"runai-current-allocated-gpus\":\"9\"}}"
         "},"
         "{\"metadata\":{\"uid\":\"no\",\"annotations\":{\"runai-current-allocated-gpus\":\"9\"}}},"
         "{\"metadata\":{\"uid\":\"no\"}},{},"
         "{\"metadata\":{\"uid\":\"both\"},\"spec\":{\"gpuDevices\":{\"value\":8}}},"
         "{\"metadata\":{\"uid\":\"both\"},\"spec\":{\"gpuMemory\":{\"value\":\"8G\"}}},"
         "{\"metadata\":{\"uid\":\"both\"},\"masterSpec\":{\"migProfile\":{\"value\":\"x\"}}}"),
     "{ id='both' type='training' allocated=1500000 requested=3000000 } "
     "{ id='both' type='training' allocated=1500000 requested=1000000 } "
     "{ id='half' type='training' allocated=0 } { id='no' type='training' allocated=9000000 } "
     "{ id='no' type='training' } { type='training' } "
     "{ id='both' type='training' allocated=1500000 requested=3000000 } "
     "{ id='both' type='training' allocated=1500000 } "
     "{ id='both' type='training' allocated=1500000 } " OK},
    /* Jobs: the type is the priority class'; one that a workload owns is no record of its own. */
    {JOBS,
     PAGE("{\"metadata\":{\"labels\":{\"priorityClassName\":\"build\"}}},"
          "{\"spec\":{\"template\":{\"spec\":{\"priorityClassName\":\"build\"}}},"
          "\"metadata\":{\"labels\":{\"priorityClassName\":\"train\"}}},"
          "{\"spec\":{\"template\":{\"spec\":{\"priorityClassName\":\"inference\"}}}},"
          "{\"spec\":{\"template\":{\"spec\":{\"priorityClassName\":\"train-high\"}}}},"
          "{\"spec\":{\"parallelism\":2,\"completions\":3,\"template\":{\"spec\":{}}},"
          "\"status\":{\"phase\":\"ContainerCreating\"}}"),
     "{ type='interactive' } { type='interactive' } { type='inference' } { type='training' } "
     "{ status='ContainerCreating' phase='pending' type='training' } " OK},
    {JOBS,
     PAGE("{\"metadata\":{\"name\":7,\"ownerReferences\":[{\"kind\":\"ReplicaSet\"},"
          "{\"kind\":\"InteractiveWorkload\"}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"kind\":\"CronJob\"},{\"kind\":\"RunaiJob\"}]}},"
          "{\"metadata\":{\"ownerReferences\":[]}},{\"metadata\":{\"ownerReferences\":null}},{}"),
     "{ type='training' } { type='training' } { type='training' } { type='training' } " OK},
    {ALL, PAGE("{\"metadata\":{\"ownerReferences\":[{\"kind\":\"InteractiveWorkload\"}]}}"),
     "{ type='training' } " OK},
    {ALL, PAGE("{\"status\":{\"phase\":\"Odd\"}}"),
     "{ status='Odd' phase='unknown' type='training' } " OK},
    /* A repeated object replaces the earlier one, whatever it is. */
    {ALL,
     PAGE("{\"metadata\":{\"name\":\"a\",\"uid\":\"1\",\"namespace\":\"runai-x\","
          "\"creationTimestamp\":\"2026-01-02T03:04:05Z\",\"labels\":{\"project\":\"l\"}},"
          "\"metadata\":{\"uid\":\"2\"}}"),
     "{ id='2' type='training' } " OK},
    {ALL, PAGE("{\"metadata\":{\"name\":\"a\"},\"metadata\":null}"), "{ type='training' } " OK},
    {ALL, PAGE("{\"metadata\":{\"name\":\"a\"},\"metadata\":[{\"name\":\"b\"}]}"),
     "{ type='training' } ok repaired=1 dropped=0"},
    {ALL, PAGE("{\"metadata\":{\"name\":\"a\",\"labels\":{\"project\":\"l\"},\"labels\":{}}}"),
     "{ name='a' type='training' } " OK},
    {ALL,
     PAGE("{\"status\":{\"phase\":\"Running\"},\"spec\":{\"image\":{\"value\":\"i\"},\"gpu\":{"
          "\"value\":1},\"username\":{\"value\":\"u\"},\"nodePool\":{\"value\":\"p\"},\"name\":{"
          "\"value\":\"n\"}},\"spec\":{\"username\":{\"value\":\"v\"}}}"),
     "{ user='v' status='Running' phase='running' type='training' } " OK},
    {ALL, SPEC("\"gpu\":{\"value\":1},\"gpu\":{}"), "{ type='training' } " OK},
    {ALL, SPEC("\"gpu\":{\"value\":1,\"value\":\"2\"}"),
     "{ type='training' requested=2000000 } " OK},
    {ALL, PAGE("{\"status\":{\"phase\":\"Running\"},\"status\":{}}"), "{ type='training' } " OK},
    /* Nothing of a record is left in the next one. */
    {ALL,
     PAGE("{\"metadata\":{\"name\":\"a\",\"labels\":{\"project\":\"l\"}},\"spec\":{\"image\":{"
          "\"value\":\"i\"},\"name\":{\"value\":\"n\"},\"gpu\":{\"value\":1},\"nodePools\":{"
          "\"value\":[\"p\"]}}},{}"),
     "{ name='a' project='l' type='training' requested=1000000 images=[i] pools=[p] } "
     "{ type='training' } " OK},
    {ALL, PAGE("{\"spec\":{\"username\":{\"value\":\"\xFFx\\ud800\"}}}"),
     "{ user='\xEF\xBF\xBDx\xEF\xBF\xBD' type='training' } ok repaired=2 dropped=0"},
};

static const struct answer refused[] = {
    {ALL, "{}", "bad_shape: the answer has no \"items\""},
    {ALL, "{\"metadata\":{\"items\":[]}}", "bad_shape: the answer has no \"items\""},
    {ALL,
     "{\"kind\":\"Status\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"no\",\"code\":403}",
     "bad_shape: the answer has no \"items\""},
    {ALL, "{\"items\":[],\"items\":[]}", "bad_shape: the answer has \"items\" twice"},
    {ALL, "{\"items\":{}}", "bad_shape: \"items\" in the answer is not a list"},
    {ALL, "{\"items\":\"\"}", "bad_shape: \"items\" in the answer is not a list"},
    {ALL, "{\"items\":[{},null]}",
     "{ type='training' } bad_shape: an item of \"items\" is not an object"},
    {ALL, "{\"items\":[\"x\"]}", "bad_shape: an item of \"items\" is not an object"},
    {ALL, "[]", "bad_shape: the answer is not an object"},
    {ALL, "null", "bad_shape: the answer is not an object"},
    {ALL, "", "not_json: the answer is empty"},
    {ALL, "<html></html>", "not_json: an HTML page instead of JSON"},
    /* What leads to the next page must be understood. */
    {ALL, "{\"metadata\":[],\"items\":[]}",
     "bad_shape: \"metadata\" in the answer is not an object"},
    {ALL, "{\"metadata\":\"x\",\"items\":[]}",
     "bad_shape: \"metadata\" in the answer is not an object"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":7}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":true}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":{}}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":[\"x\"]}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":\"a\\u0000b\"}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {ALL, "{\"items\":[],\"metadata\":{\"continue\":\"a\xFF\"}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {FULL_DISK, PAGE("{},{}"), "internal: the disk is full"},
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

static const struct schema_row rows[] = {
    {"apiVersion", "\"run.ai/v2alpha1\"", "*", NULL},
    {"kind", "\"TrainingWorkload\"", "*", NULL},
    {"metadata", "{", "o", NULL},
    {"name", "\"train-1\"", "st", " name='train-1'"},
    {"namespace", "\"runai-by-namespace\"", "st", NULL},
    {"uid", "\"6f1c\"", "stnfr", " id='6f1c'"},
    {"resourceVersion", "\"81\"", "*", NULL},
    {"generation", "2", "*", NULL},
    {"creationTimestamp", "\"2026-01-02T03:04:05Z\"", "", " created=1767323045"},
    {"deletionTimestamp", "\"2026-01-02T03:04:05Z\"", "bnfrstaxo", " phase='terminating'"},
    {"labels", "{", "o", NULL},
    {"project", "\"by-label\"", "st", " project='by-label'"},
    {NULL, "}", NULL, NULL},
    {"annotations", "{", "o", NULL},
    {"project", "\"no\"", "*", NULL},
    {"runai-calculated-status", "\"Failed\"", "st", NULL},
    {"runai-current-allocated-gpus", "\"1.5\"", "snf", " allocated=1500000"},
    {"runai-used-nodes", "\"n1, n2\"", "st", " nodes=[n1 n2]"},
    {NULL, "}", NULL, NULL},
    {"managedFields", "[]", "*", NULL},
    {"ownerReferences", "[{\"name\":\"no\",\"uid\":\"no\"}]", "ax", NULL},
    {NULL, "}", NULL, NULL},
    {"spec", "{", "o", NULL},
    {"name", "{", "o", NULL},
    {"value", "\"by-spec\"", "st", NULL},
    {NULL, "}", NULL, NULL},
    {"image", "{", "o", NULL},
    {"value", "\"repo/img:1\"", "sta", " images=[repo/img:1]"},
    {NULL, "}", NULL, NULL},
    {"gpu", "{", "o", NULL},
    {"value", "\"0.5\"", "snf", " requested=500000"},
    {NULL, "}", NULL, NULL},
    {"username", "{", "o", NULL},
    {"value", "\"ann\"", "st", " user='ann'"},
    {NULL, "}", NULL, NULL},
    {"project", "{", "o", NULL},
    {"value", "\"by-spec\"", "st", NULL},
    {NULL, "}", NULL, NULL},
    {"nodePools", "{", "o", NULL},
    {"value", "[\"p1\",\"p2\"]", "sta", " pools=[p1 p2]"},
    {NULL, "}", NULL, NULL},
    {"nodePool", "{", "o", NULL},
    {"value", "\"by-pool\"", "sta", NULL},
    {NULL, "}", NULL, NULL},
    {"usage", "\"Submit\"", "sto", NULL},
    {"gpuMemory", "null", "bnfrstaxo", NULL},
    {"migProfile", "null", "bnfrstaxo", NULL},
    {"gpuDevices", "null", "bnfrstaxo", NULL},
    {"mpi", "{\"value\":false}", "bnfrstaxo", NULL},
    {"master", "{", "o", NULL},
    {"gpu", "{\"value\":0}", "o", NULL},
    {NULL, "}", NULL, NULL},
    {"cpu", "{\"value\":\"1\"}", "*", NULL},
    {"command", "{\"value\":\"secret\"}", "*", NULL},
    {"arguments", "{\"value\":\"secret\"}", "*", NULL},
    {"environment", "{\"items\":{}}", "*", NULL},
    {"environmentVariables", "{\"value\":\"secret\"}", "*", NULL},
    {NULL, "}", NULL, NULL},
    {"status", "{", "o", NULL},
    {"phase", "\"Running\"", "st", " status='Running'"},
    {"conditions", "[{\"phase\":\"no\"}]", "a", NULL},
    {NULL, "}", NULL, NULL},
};

static void test_each_field(void)
{
    const struct schema schema = {
        .fixture = &fixture,
        .kind = ALL,
        .before = "{\"metadata\":{\"continue\":\"more\"},\"items\":[",
        .after = "]}",
        .rows = rows,
        .count = sizeof rows / sizeof *rows,
    };
    schema_check(&schema);
}

static void test_types(void)
{
    for (int type = TYPE_NULL; type < TYPE_COUNT; type++) {
        struct buf log;
        struct error error = {0};
        buf_init(&log, 256);
        const struct kubernetes_kind kind = {.type = (enum workload_type)type};
        const struct kubernetes_list list = {.kind = &kind};
        struct decoder *decoder = decoder_new_kubernetes_list(&list, on_workload, &log);
        const char doc[] = "{\"kind\":\"TrainingWorkloadList\",\"items\":[{}]}";
        CU_ASSERT(decoder_feed(decoder, doc, sizeof doc - 1, &error));
        CU_ASSERT(decoder_finish(decoder, &error));
        const char *name = workload_type_name((enum workload_type)type);
        CU_ASSERT_EQUAL(strstr(log.data, "type=") != NULL, name != NULL);
        CU_ASSERT(name == NULL || strstr(log.data, name) != NULL);
        decoder_free(decoder);
        buf_free(&log);
    }
}

/* A page whose continue token and whose record's image have these many bytes. */
static void check_sizes(size_t token_len, size_t image_len, size_t image_count, const char *end)
{
    struct buf doc;
    buf_init(&doc, (size_t)1 << 24);
    char *token = mem_new(token_len + 1, 1), *image = mem_new(image_len + 1, 1);
    memset(token, 'c', token_len);
    memset(image, 'i', image_len);
    buf_printf(&doc, "{\"metadata\":{\"continue\":\"%s\"},\"items\":[{\"spec\":{", token);
    for (size_t i = 0; i < image_count; i++)
        buf_printf(&doc, "%s\"image\":{\"value\":\"%s\"}", i == 0 ? "" : ",", image);
    buf_append_str(&doc, "}}]}");
    char *log = fixture_decode(&fixture, ALL, doc.data);
    CU_ASSERT_PTR_NOT_NULL(strstr(log, end));
    free(log);
    free(image);
    free(token);
    buf_free(&doc);
}

static void test_sizes(void)
{
    check_sizes(64 << 10, 1, 1, OK);
    check_sizes((64 << 10) + 1, 1, 1, "too_large: the continue token is too long");
    check_sizes(0, 1000000, 4, OK);
    check_sizes(0, 1000000, 5, "too_large: a record is over 4 MiB");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers, however they are cut", test_answers},
        {"answers that are refused", test_refused},
        {"answers that end at every offset", test_truncated},
        {"each field missing, null and of each type", test_each_field},
        {"the type is the kind's", test_types},
        {"the size of a token and of a record", test_sizes},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_kubernetes", tests);
}
