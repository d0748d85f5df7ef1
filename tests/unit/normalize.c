/* The vocabulary, seen through the researcher decoder. */
#include "rollcall/decode.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

static bool copy_workload(void *arg, const struct workload *workload, struct error *error)
{
    (void)error;
    struct workload *copy = arg;
    *copy = *workload;
    return true;
}

/* Decodes one record with the one member; what is borrowed in *workload is gone on return. */
static uint64_t decode_member(const char *member, struct workload *workload)
{
    char *doc = mem_printf("{\"data\":[{%s}]}", member);
    struct decoder *decoder = decoder_new_researcher_jobs(NULL, copy_workload, workload);
    struct error error = {0};
    workload_init(workload);
    CU_ASSERT(decoder_feed(decoder, doc, strlen(doc), &error));
    CU_ASSERT(decoder_finish(decoder, &error));
    uint64_t repaired = decoder_repaired(decoder);
    decoder_free(decoder);
    free(doc);
    return repaired;
}

static void check_phase(const char *word, const char *expected)
{
    struct workload workload;
    char *member = mem_printf("\"status\":\"%s\"", word);
    CU_ASSERT_EQUAL(decode_member(member, &workload), 0);
    const char *name = workload_phase_name(workload.phase);
    if (name == NULL || strcmp(name, expected) != 0)
        fprintf(stderr, "    %s\n", word);
    CHECK_STR(name, expected);
    CU_ASSERT_EQUAL(workload.raw_phase.len, strlen(word));
    free(member);
}

static void check_type(const char *word, const char *expected)
{
    struct workload workload;
    char *member = mem_printf("\"type\":\"%s\"", word);
    CU_ASSERT_EQUAL(decode_member(member, &workload), 0);
    const char *name = workload_type_name(workload.type);
    if (name == NULL || strcmp(name, expected) != 0)
        fprintf(stderr, "    %s\n", word);
    CHECK_STR(name, expected);
    free(member);
}

/* One line for each meaning, as the vocabulary is written down; each word in three cases. */
struct meaning {
    const char *name;
    const char *words;
};

static void check_words(const struct meaning *meaning, void (*check)(const char *, const char *))
{
    char *words = mem_strdup(meaning->words);
    char *rest = words;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        check(word, meaning->name);
        for (char *c = word; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c - 'A' + 'a');
        check(word, meaning->name);
        for (char *c = word; *c != '\0'; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 'a' + 'A');
        check(word, meaning->name);
    }
    free(words);
}

static void test_phases(void)
{
    static const struct meaning meanings[] = {
        {"pending", "Pending Creating Initializing Resuming ContainerCreating PodInitializing "
                    "ImagePullBackOff ErrImagePull Init:0/1 Init:Whatever Init: Init:ErrImagePull"},
        {"running", "Running Updating Degraded"},
        {"succeeded", "Succeeded Completed"},
        {"failed", "Failed Error CrashLoopBackOff Init:Error Init:CrashLoopBackOff "
                   "ContainerCannotRun"},
        {"stopped", "Stopped Stopping Suspended Preempted TimedOut"},
        {"terminating", "Terminating Deleting"},
        {"unknown", "Unknown Evicted Run Runnings Init xInit:0 OOMKilled"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        check_words(&meanings[i], check_phase);
    check_phase("", "unknown");
    check_phase(" Running", "unknown");
}

static void test_types(void)
{
    static const struct meaning meanings[] = {
        {"training", "Train Training TrainingWorkload"},
        {"interactive", "Interactive Workspace Build InteractiveWorkload"},
        {"inference", "Inference Deployment InferenceWorkload"},
        {"distributed", "Distributed DistributedWorkload MPI MPIJob PyTorch PyTorchJob TF TFJob "
                        "TensorFlow XGBoost XGBoostJob JAX JAXJob"},
        {"other", "CronJob Trains Pod T"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        check_words(&meanings[i], check_type);
    check_type("", "other");
}

static void test_absent_words(void)
{
    static const char *const members[] = {"", "\"status\":null,\"type\":null"};
    for (size_t i = 0; i < 2; i++) {
        struct workload workload;
        CU_ASSERT_EQUAL(decode_member(members[i], &workload), 0);
        CU_ASSERT_EQUAL(workload.phase, PHASE_NULL);
        CU_ASSERT_EQUAL(workload.type, TYPE_NULL);
        CU_ASSERT_PTR_NULL(workload.raw_phase.data);
    }
    CU_ASSERT_PTR_NULL(workload_phase_name(PHASE_NULL));
    CU_ASSERT_PTR_NULL(workload_type_name(TYPE_NULL));
}

static void test_names_are_in_order(void)
{
    for (int i = PHASE_NULL + 2; i < PHASE_COUNT; i++)
        CU_ASSERT(strcmp(workload_phase_name((enum workload_phase)(i - 1)),
                         workload_phase_name((enum workload_phase)i)) < 0);
    for (int i = TYPE_NULL + 2; i < TYPE_COUNT; i++)
        CU_ASSERT(strcmp(workload_type_name((enum workload_type)(i - 1)),
                         workload_type_name((enum workload_type)i)) < 0);
}

static void test_times(void)
{
    static const struct {
        const char *number;
        const char *time; /* NULL: null, and counted */
    } cases[] = {
        {"0", "1970-01-01T00:00:00Z"},
        {"-0", "1970-01-01T00:00:00Z"},
        {"-0.0e5", "1970-01-01T00:00:00Z"},
        {"999", "1970-01-01T00:00:00Z"},
        {"1000", "1970-01-01T00:00:01Z"},
        {"0.999", "1970-01-01T00:00:00Z"},
        {"1700000000000", "2023-11-14T22:13:20Z"},
        {"1700000000999", "2023-11-14T22:13:20Z"},
        {"1700000000999.9", "2023-11-14T22:13:20Z"},
        {"1.7e12", "2023-11-14T22:13:20Z"},
        {"1.7E+12", "2023-11-14T22:13:20Z"},
        {"17e11", "2023-11-14T22:13:20Z"},
        {"1700000000000000e-3", "2023-11-14T22:13:20Z"},
        {"0.0000017e18", "2023-11-14T22:13:20Z"},
        {"1e-99999999999999999999", "1970-01-01T00:00:00Z"},
        {"0e99999999999999999999", "1970-01-01T00:00:00Z"},
        {"253402300799999", "9999-12-31T23:59:59Z"},
        {"253402300799999.999", "9999-12-31T23:59:59Z"},
        {"253402300800000", NULL},
        {"2534023007999990", NULL},
        {"1e99999999999999999999", NULL},
        {"99999999999999999999999999999999", NULL},
        {"-1", NULL},
        {"-0.5", NULL},
        {"-1e-30", NULL},
        {"-1700000000000", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload workload;
        char *member = mem_printf("\"createdAt\":%s", cases[i].number);
        uint64_t repaired = decode_member(member, &workload);
        free(member);
        if (cases[i].time == NULL) {
            CU_ASSERT_EQUAL(workload.created_at, TIME_NULL);
            CU_ASSERT_EQUAL(repaired, 1);
            continue;
        }
        char text[TEXT_TIME_SIZE];
        CU_ASSERT(text_format_time(workload.created_at, text));
        CHECK_STR(text, cases[i].time);
        CU_ASSERT_EQUAL(repaired, 0);
    }
}

static void test_amounts(void)
{
    static const struct {
        const char *number;
        int64_t amount; /* AMOUNT_NULL: counted too */
    } cases[] = {
        {"0", 0},
        {"0.5", 500000},
        {"1e3", 1000000000},
        {"0.0000005", 1},
        {"1000000000", AMOUNT_MAX},
        {"-0", 0},
        {"-1", AMOUNT_NULL},
        {"1000000000.1", AMOUNT_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload workload;
        char *member = mem_printf("\"currentAllocatedGPUs\":%s", cases[i].number);
        uint64_t repaired = decode_member(member, &workload);
        CU_ASSERT_EQUAL(workload.gpus_allocated, cases[i].amount);
        CU_ASSERT_EQUAL(repaired, cases[i].amount == AMOUNT_NULL ? 1 : 0);
        free(member);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"phases", test_phases},
        {"types", test_types},
        {"absent words", test_absent_words},
        {"names are in the order of the report", test_names_are_in_order},
        {"times", test_times},
        {"amounts", test_amounts},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/normalize", tests);
}
