/* What the Kubernetes API says beside workloads: PodGroups, and which kinds there are. */
#include "decode_fixture.h"

enum { POD_GROUPS, PROJECT_GROUPS, VERSIONS, RESOURCES };

static bool on_group(void *arg, const struct pod_group *group, struct error *error)
{
    struct buf *log = arg;
    (void)error;
    buf_append_str(log, "{");
    log_text(log, "owner", group->owner);
    log_text(log, "uid", group->uid);
    log_text(log, "in", group->namespace);
    log_text(log, "name", group->name);
    log_number(log, "allocated", group->gpus.allocated);
    log_number(log, "requested", group->gpus.requested);
    buf_append_str(log, " } ");
    if (group->repaired > 0)
        buf_printf(log, "(%d) ", (int)group->repaired);
    return true;
}

static bool on_name(void *arg, struct str name, bool is_preferred, struct error *error)
{
    (void)error;
    buf_printf(arg, "%.*s%s ", (int)name.len, name.data, is_preferred ? "!" : "");
    return true;
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    if (kind <= PROJECT_GROUPS)
        return decoder_new_pod_groups(kind == POD_GROUPS ? NULL : "a", on_group, log);
    return kind == VERSIONS ? decoder_new_api_versions(on_name, log)
                            : decoder_new_api_resources(on_name, log);
}

static void log_end(const struct decoder *decoder, struct buf *log)
{
    if (*decoder_continue(decoder) != '\0')
        buf_printf(log, " continue=%s", decoder_continue(decoder));
}

static const struct fixture fixture = {new_decoder, log_end};

#define PAGE(items)   "{\"metadata\":{\"continue\":\"next\"},\"items\":[" items "]}"
#define MORE          " continue=next"
#define OWNER(uid)    "\"metadata\":{\"ownerReferences\":[{\"uid\":\"" uid "\"}]}"
#define GROUP(words)  "{\"metadata\":{" words ",\"ownerReferences\":[{\"uid\":\"o\"}]}}"
#define IN(namespace) GROUP("\"namespace\":" namespace)
#define STATUS(allocated, requested)                                                               \
    "\"status\":{\"resourcesStatus\":{\"allocated\":" allocated ",\"requested\":" requested "}}"
#define GPU(quantity)                                                                              \
    "{\"cpu\":\"4\",\"nvidia.com/gpu\":" quantity ",\"nvidia\":{\"com/gpu\":\"9\"}}"

static const struct answer answers[] = {
    {POD_GROUPS, PAGE("{" OWNER("a") "," STATUS(GPU("\"1500m\""), GPU("2")) "}"),
     "{ owner='a' allocated=1500000 requested=2000000 } " OK MORE},
    {POD_GROUPS,
     PAGE("{" STATUS(GPU("0"), GPU("\"1k\"")) "," OWNER("a") "},{" OWNER(
         "b") "},"
              "{" OWNER("c") ",\"status\":null},{" OWNER("d") "," STATUS("{}", "null") "},{" STATUS(
                  "{}", "{}") "}"),
     "{ owner='a' allocated=0 requested=1000000000 } { owner='b' } { owner='c' } { owner='d' } " OK
         MORE},
    /* What is not understood is no figure. */
    {POD_GROUPS,
     PAGE("{" OWNER("a") "," STATUS(
         GPU("\"half\""),
         GPU("\"1Gi\"")) "},"
                         "{" OWNER("b") "," STATUS(
                             GPU("-1"), GPU("true")) "},"
                                                     "{" OWNER("c") "," STATUS(
                                                         GPU("{}"),
                                                         GPU("null")) "},"
                                                                      "{" OWNER("d") "," STATUS(
                                                                          "[]", "\"1\"") "}"),
     "{ owner='a' } (2) { owner='b' } (2) { owner='c' } (1) { owner='d' } (2) ok repaired=7 "
     "dropped=0" MORE},
    /* The controller is the owner, else the first one that has a uid. */
    {POD_GROUPS,
     PAGE("{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\"},{\"controller\":true,\"uid\":\"b\"},"
          "{\"uid\":\"c\",\"controller\":true}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"kind\":\"x\"},{\"controller\":false,\"uid\":"
          "\"a\"},"
          "{\"uid\":\"b\"}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\",\"controller\":true}],"
          "\"ownerReferences\":[{\"uid\":\"b\"}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\"}],\"ownerReferences\":[]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\"}]},\"metadata\":{\"uid\":\"b\"}},"
          "{\"metadata\":{\"ownerReferences\":[{\"controller\":true}]}},{},"
          "{\"metadata\":{\"ownerReferences\":[{\"controller\":true},{\"uid\":\"a\"},"
          "{\"uid\":\"c\",\"controller\":true}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\",\"controller\":true},{}]}},"
          "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"a\"},{\"uid\":\"b\",\"controller\":true}]"
          "}}"),
     "{ owner='b' } { owner='a' } { owner='b' } { owner='c' } { owner='a' } { owner='b' } " OK
         MORE},
    {POD_GROUPS,
     PAGE("{\"metadata\":{\"ownerReferences\":{\"uid\":\"a\"}}},"
          "{\"metadata\":{\"ownerReferences\":[\"a\",null,{\"uid\":7,\"controller\":\"true\"}]}}"),
     "{ owner='7' } (1) ok repaired=1 dropped=0" MORE},
    {POD_GROUPS, "{\"items\":null}", OK},
    /* What it is called, whatever namespace it is in. */
    {POD_GROUPS,
     PAGE(GROUP("\"uid\":\"1\",\"namespace\":\"x\",\"name\":\"n\"") "," GROUP(
         "\"uid\":7,\"namespace\":7,\"name\":{}")),
     "{ owner='o' uid='1' in='x' name='n' } { owner='o' uid='7' } (2) ok repaired=2 "
     "dropped=0" MORE},
    /* Only those of the project's own namespace, if they say one; the others mend nothing. */
    {PROJECT_GROUPS, PAGE(IN("\"runai-a\"") "," IN("\"runai-b\"") "," IN("\"runai-ab\"")),
     "{ owner='o' in='runai-a' } " OK MORE},
    {PROJECT_GROUPS, PAGE(IN("\"runai-\"") "," IN("\"a\"") "," IN("\"xunai-a\"")), OK MORE},
    {PROJECT_GROUPS, PAGE(IN("\"\"") "," IN("null") "," IN("\"runai-A\",\"name\":[]")),
     "{ owner='o' in='' } { owner='o' } " OK MORE},

    {VERSIONS,
     "{\"kind\":\"APIGroup\",\"name\":\"run.ai\",\"versions\":[{\"groupVersion\":\"run.ai/v1\","
     "\"version\":\"v1\"},{\"version\":\"v2alpha1\"}],\"preferredVersion\":{\"version\":\"v1\"}}",
     "v1 v2alpha1 v1! " OK},
    {VERSIONS, "{\"preferredVersion\":{\"version\":\"v1\"},\"versions\":[{\"version\":\"v1\"}]}",
     "v1! v1 " OK},
    {VERSIONS, "{\"versions\":[{\"version\":\"v1\"}],\"preferredVersion\":null}", "v1 " OK},
    {VERSIONS, "{\"versions\":[],\"preferredVersion\":{\"version\":7}}", OK},
    /* Nothing that could change a URL. */
    {VERSIONS,
     "{\"versions\":[{\"version\":\"\"},{\"version\":\"../x\"},{\"version\":\"v1/y\"},{\"version\":"
     "\"V1\"},{\"version\":\"v1?\"},{\"version\":\"v 1\"},{\"version\":\"v1\\u0000\"},{\"version\":"
     "null},{},{\"version\":\"a23456789012345678901234567890123456789012345678901234567890123\"},"
     "{\"version\":\"a234567890123456789012345678901234567890123456789012345678901234\"}],"
     "\"preferredVersion\":{\"version\":\"../v1\"}}",
     "a23456789012345678901234567890123456789012345678901234567890123 ok repaired=0 dropped=10"},
    {RESOURCES,
     "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"runaijobs\",\"kind\":\"RunaiJob\"},"
     "{\"name\":\"runaijobs/status\"},{\"name\":\"projects\"},{\"kind\":\"x\"}]}",
     "runaijobs projects " OK},
    {RESOURCES, "{\"resources\":null}", OK},
};

static const struct answer refused[] = {
    {POD_GROUPS, "{}", "bad_shape: the answer has no \"items\""},
    {POD_GROUPS, "{\"items\":[7]}", "bad_shape: an item of \"items\" is not an object"},
    {POD_GROUPS, "{\"items\":[],\"metadata\":{\"continue\":7}}",
     "bad_shape: \"metadata.continue\" in the answer is not a text"},
    {VERSIONS, "{\"resources\":[]}", "bad_shape: the answer has no \"versions\""},
    {VERSIONS, "{\"versions\":[\"v1\"]}", "bad_shape: an item of \"versions\" is not an object"},
    {VERSIONS, "[]", "bad_shape: the answer is not an object"},
    {RESOURCES, "{\"kind\":\"Status\"}", "bad_shape: the answer has no \"resources\""},
    {RESOURCES, "<html>", "not_json: an HTML page instead of JSON"},
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

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers, however they are cut", test_answers},
        {"answers that are refused", test_refused},
        {"answers that end at every offset", test_truncated},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_kubernetes_lists", tests);
}
