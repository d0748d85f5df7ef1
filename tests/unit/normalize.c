/* The vocabulary, seen through the researcher decoder. */
#include "rollcall/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../src/decode/normalize.h"
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
                    "ImagePullBackOff ErrImagePull Unschedulable NotReady InvalidImageName "
                    "CreateContainerConfigError CreateContainerError "
                    "Init:0/1 Init:12/13 Init:Whatever Init: Init:ErrImagePull Init:Exit"},
        {"running", "Running Updating Degraded"},
        {"succeeded", "Succeeded Completed"},
        {"failed", "Failed Fail Error CrashLoopBackOff Init:Error Init:CrashLoopBackOff "
                   "ContainerCannotRun OOMKilled Evicted DeadlineExceeded Init:OOMKilled "
                   "ExitCode:0 ExitCode:137 Signal:9 Init:ExitCode:1 Init:Signal:15"},
        {"stopped", "Stopped Stopping Suspended Preempted TimedOut"},
        {"terminating", "Terminating Deleting Deleted"},
        {"unknown", "Unknown Lost Run Runnings Init xInit:0 ExitCode Signal9 xSignal:9"},
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
        {"interactive", "Interactive Interactive-Preemptible Workspace Build InteractiveWorkload"},
        {"inference", "Inference Deployment InferenceWorkload DistributedInference NIMService "
                      "Deploy DistributedInferenceWorkload"},
        {"distributed", "Distributed DistributedWorkload MPI MPIJob PyTorch PyTorchJob TF TFJob "
                        "TensorFlow XGBoost XGBoostJob JAX JAXJob"},
        {"other", "CronJob Trains Pod T"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        check_words(&meanings[i], check_type);
    check_type("", "other");
}

static void test_preemptible(void)
{
    static const struct {
        const char *member;
        enum tristate preemptible;
    } cases[] = {
        {"\"type\":\"Interactive-Preemptible\"", TRI_TRUE},
        {"\"type\":\"interactive-preemptible\"", TRI_TRUE},
        {"\"type\":\"Interactive\"", TRI_NULL},
        {"\"type\":\"Train\"", TRI_NULL},
        {"\"type\":null", TRI_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload workload;
        CU_ASSERT_EQUAL(decode_member(cases[i].member, &workload), 0);
        CU_ASSERT_EQUAL(workload.preemptible, cases[i].preemptible);
    }
}

/* A kind of Kubernetes says nothing of what a workload is for: the category does. */
static void test_control_types(void)
{
    static const struct {
        const char *type, *category; /* NULL: no value */
        enum workload_type expected;
    } cases[] = {
        {"Deployment", "Train", TYPE_TRAINING},
        {"deployment", "deploy", TYPE_INFERENCE},
        {"Deployment", "Build", TYPE_INTERACTIVE},
        {"Deployment", NULL, TYPE_OTHER},
        {"Deployment", "Whatever", TYPE_OTHER},
        {"LeaderWorkerSet", "Deploy", TYPE_INFERENCE},
        {"RayJob", "Train", TYPE_TRAINING},
        {"DynamoGraphDeployment", "Deploy", TYPE_INFERENCE},
        {"Pod", NULL, TYPE_OTHER},
        {"runai-job", "Train", TYPE_TRAINING},
        {"Something new", "Train", TYPE_TRAINING},
        {"Something new", NULL, TYPE_OTHER},
        {"Workspace", "Train", TYPE_INTERACTIVE},
        {"PyTorchJob", "Train", TYPE_DISTRIBUTED},
        {"NIMService", "Train", TYPE_INFERENCE},
        {"DistributedInference", NULL, TYPE_INFERENCE},
        {NULL, "Deploy", TYPE_INFERENCE},
        {NULL, "Whatever", TYPE_OTHER},
        {NULL, NULL, TYPE_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str type = str_of(cases[i].type), category = str_of(cases[i].category);
        if (normalize_control_type(type, category) != cases[i].expected)
            fprintf(stderr, "    case %zu\n", i);
        CU_ASSERT_EQUAL(normalize_control_type(type, category), cases[i].expected);
    }
}

static void check_unknown(struct str unknown, const char *expected)
{
    CU_ASSERT(str_equals(unknown, str_of(expected)));
}

/* Words that have no meaning here, and not those whose meaning is "unknown" or "other". */
static void test_unknown_words(void)
{
    static const struct {
        const char *phase, *type, *category, *unknown_phase, *unknown_type;
    } cases[] = {
        {"Running", "Train", "Train", NULL, NULL},
        {"unknown", "Pod", "", NULL, ""},
        {"", "", NULL, "", ""},
        {"Lost", "cronjob", NULL, "Lost", NULL},
        {"Init\x1a", "Train", NULL, "Init\x1a", NULL},
        {NULL, NULL, NULL, NULL, NULL},
        {"Init:whatever", "Deployment", "Serve", NULL, "Serve"},
        {"Running", "Gadget", NULL, NULL, "Gadget"},
        {"Running", "Gadget", "Train", NULL, NULL},
        {"Running", "Gadget", "Whatever", NULL, "Gadget"},
        {"Running", NULL, "Whatever", NULL, "Whatever"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload workload;
        workload_init(&workload);
        workload.raw_phase = str_of(cases[i].phase);
        workload.raw_type = str_of(cases[i].type);
        workload.raw_category = str_of(cases[i].category);
        workload.phase = normalize_phase(workload.raw_phase);
        workload.type = normalize_control_type(workload.raw_type, workload.raw_category);
        check_unknown(decode_unknown_phase(&workload), cases[i].unknown_phase);
        check_unknown(decode_unknown_type(&workload), cases[i].unknown_type);
    }
}

/* --- docs/report.md has the whole table of words --- */

#define DOCUMENT "docs/report.md"

static bool has_word(const char *list, const char *meaning, const char *text)
{
    for (size_t i = 0;; i++) {
        struct normalize_word word;
        if (!normalize_word(i, &word))
            return false;
        if (strcmp(word.list, list) == 0 && strcmp(word.meaning, meaning) == 0 &&
            strcmp(word.text, text) == 0)
            return true;
    }
}

/* A row of one of the document's tables: "| meaning | `Word`, `Word` |". Returns how many words. */
static size_t check_row(const char *list, char *row)
{
    size_t count = 0;
    (void)strsep(&row, "|");
    char *meaning = strsep(&row, "|");
    CU_ASSERT_FATAL(meaning != NULL && row != NULL && strlen(meaning) > 2);
    meaning[strlen(meaning) - 1] = '\0';
    for (strsep(&row, "`"); row != NULL; strsep(&row, "`")) {
        const char *text = strsep(&row, "`");
        count++;
        if (!has_word(list, meaning + 1, text))
            fprintf(stderr, "    %s: \"%s\" is no %s word for %s in the code\n", DOCUMENT, text,
                    list, meaning + 1);
        CU_ASSERT(has_word(list, meaning + 1, text));
    }
    return count;
}

static void test_document(void)
{
    char line[2048], list[16] = "", head[16], words[8];
    size_t documented = 0, known = 0;
    struct normalize_word word;
    FILE *file = fopen(DOCUMENT, "re");
    CU_ASSERT_FATAL(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        CU_ASSERT(strchr(line, '\n') != NULL);
        if (line[0] != '|')
            list[0] = '\0';
        else if (sscanf(line, "| %15[a-z] | %7[a-z] |", head, words) == 2 &&
                 strcmp(words, "words") == 0)
            snprintf(list, sizeof list, "%s", head);
        else if (list[0] != '\0' && strncmp(line, "|--", 3) != 0)
            documented += check_row(list, line);
    }
    CU_ASSERT_EQUAL(fclose(file), 0);
    while (normalize_word(known, &word))
        known++;
    /* Each documented word is known, and they are as many. */
    CU_ASSERT(known > 60);
    CU_ASSERT_EQUAL(documented, known);
}

/* The table's own words mean what it says of them, and none stands there twice. */
static void test_table(void)
{
    struct normalize_word word, other;
    for (size_t i = 0; normalize_word(i, &word); i++) {
        struct str text = str_of(word.text);
        const char *meaning = workload_type_name(normalize_type(text));
        if (strcmp(word.list, "phase") == 0)
            meaning = workload_phase_name(normalize_phase(text));
        else if (normalize_control_type(text, str_of("Train")) == TYPE_TRAINING &&
                 normalize_control_type(text, str_of(NULL)) == TYPE_OTHER)
            meaning = strcmp(word.text, "Deployment") == 0 ? word.meaning : "kind";
        CHECK_STR(meaning, word.meaning);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT(normalize_word(j, &other) && (strcmp(word.text, other.text) != 0 ||
                                                    strcmp(word.meaning, other.meaning) != 0));
    }
}

/* Kinds that Run:ai has no objects for; its own words, its own kinds and no word are none. */
static void test_third_party(void)
{
    static const char *const kinds[] = {
        "Deployment", "deployment", "StatefulSet", "Job",        "CronJob",
        "Pod",        "RayCluster", "RayJob",      "RayService", "LeaderWorkerSet",
        "Notebook",   "NIMService", "PyTorchJob",  "MPIJob",     "DynamoGraphDeployment"};
    static const char *const others[] = {
        "Training",         "Workspace", "Inference", "Distributed", "DistributedInference",
        "ExternalWorkload", "RunaiJob",  "runai-job", "PyTorch",     "TrainingWorkload",
        "Custom",           "Deploy",    "",          "Deployments", "Po"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        CU_ASSERT_TRUE(decode_is_third_party(str_of(kinds[i])));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CU_ASSERT_FALSE(decode_is_third_party(str_of(others[i])));
    CU_ASSERT_FALSE(decode_is_third_party((struct str){0}));
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
        {"interactive, and may be preempted", test_preemptible},
        {"kinds of Kubernetes have a category", test_control_types},
        {"words that are not known", test_unknown_words},
        {"the document's words are the code's", test_document},
        {"the table of words", test_table},
        {"kinds of third parties", test_third_party},
        {"absent words", test_absent_words},
        {"names are in the order of the report", test_names_are_in_order},
        {"times", test_times},
        {"amounts", test_amounts},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/normalize", tests);
}
