#include "rollcall/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"

#define NOON_MS INT64_C(1795521600000) /* 2026-11-24T12:00:00Z */

static const struct lock_wait no_wait;

struct place {
    char directory[32];
    struct store *store;
};

static void open_place(struct place *place)
{
    struct error error = {0};
    snprintf(place->directory, sizeof place->directory, "/tmp/rollcall-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->directory));
    CU_ASSERT_EQUAL_FATAL(store_open(place->directory, &no_wait, &place->store, &error),
                          LOCK_TAKEN);
}

static char *path_in(const struct place *place, const char *name)
{
    return mem_printf("%s/%s", place->directory, name);
}

static void touch(const struct place *place, const char *name)
{
    char *path = path_in(place, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT(fd >= 0);
    close(fd);
    free(path);
}

static int is_listed(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
           strcmp(entry->d_name, "lock") != 0;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Everything but the lock, in order, each name followed by a space; free() it. */
static char *list(const struct place *place)
{
    struct dirent **entries;
    int count = scandir(place->directory, &entries, is_listed, compare_entries);
    char *all = mem_strdup("");
    for (int i = 0; i < count; i++) {
        char *longer = mem_printf("%s%s ", all, entries[i]->d_name);
        free(all);
        all = longer;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return all;
}

static void expect_list(const struct place *place, const char *expected)
{
    char *all = list(place);
    CHECK_STR(all, expected);
    free(all);
}

static void expect_latest(const struct place *place, const char *expected)
{
    char *path = path_in(place, "latest.json");
    char target[128] = "";
    CU_ASSERT(readlink(path, target, sizeof target - 1) > 0);
    CHECK_STR(target, expected);
    free(path);
}

static void close_place(struct place *place)
{
    store_close(place->store);
    char *command = mem_printf("rm -rf '%s'", place->directory);
    CU_ASSERT_EQUAL(system(command), 0);
    free(command);
}

static char *publish_one(const struct place *place, int64_t time_ms, bool is_filtered,
                         unsigned keep)
{
    struct error error = {0};
    char *path = store_report_path(place->store, time_ms, is_filtered);
    char *name = mem_strdup(strrchr(path, '/') + 1);
    touch(place, name);
    CU_ASSERT(store_publish(place->store, path, keep, &error));
    free(path);
    return name;
}

/* Makes the report of this time and publishes it; the name is the caller's. */
static char *publish(const struct place *place, int64_t time_ms, unsigned keep)
{
    return publish_one(place, time_ms, false, keep);
}

static void test_names(void)
{
    static const struct {
        int64_t time_ms;
        const char *name;
    } cases[] = {
        {NOON_MS, "report-20261124T120000.000Z.json"},
        {NOON_MS + 9312, "report-20261124T120009.312Z.json"},
        {0, "report-19700101T000000.000Z.json"},
        {-1, "report-19691231T235959.999Z.json"},
        {-1000, "report-19691231T235959.000Z.json"},
        {INT64_MAX / 2, "report-19700101T000000.903Z.json"}, /* beyond any calendar */
    };
    struct place place;
    open_place(&place);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = store_report_path(place.store, cases[i].time_ms, false);
        char *expected = path_in(&place, cases[i].name);
        CHECK_STR(path, expected);
        free(path);
        free(expected);
    }
    close_place(&place);
}

static void test_taken_name(void)
{
    struct place place;
    open_place(&place);
    touch(&place, "report-20261124T120000.998Z.json");
    touch(&place, "report-20261124T120000.999Z.json");
    char *path = store_report_path(place.store, NOON_MS + 998, false);
    CHECK_STR(strrchr(path, '/') + 1, "report-20261124T120001.000Z.json");
    free(path);
    close_place(&place);
}

static void test_keep(void)
{
    static const struct {
        unsigned keep;
        const char *left;
    } cases[] = {
        {0, "latest.json report-20261124T120000.000Z.json report-20261124T120001.000Z.json "
            "report-20261124T120002.000Z.json report-20261124T120003.000Z.json "},
        {1, "latest.json report-20261124T120003.000Z.json "},
        {2, "latest.json report-20261124T120002.000Z.json report-20261124T120003.000Z.json "},
        {4, "latest.json report-20261124T120000.000Z.json report-20261124T120001.000Z.json "
            "report-20261124T120002.000Z.json report-20261124T120003.000Z.json "},
        {9, "latest.json report-20261124T120000.000Z.json report-20261124T120001.000Z.json "
            "report-20261124T120002.000Z.json report-20261124T120003.000Z.json "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place;
        open_place(&place);
        for (int second = 0; second < 4; second++) {
            char *name = publish(&place, NOON_MS + second * 1000, cases[i].keep);
            expect_latest(&place, name);
            free(name);
        }
        expect_list(&place, cases[i].left);
        close_place(&place);
    }
}

/* Files that only look like reports are somebody else's. */
static void test_keep_spares_others(void)
{
    static const char *const others[] = {
        "notes.txt",
        "report-2026.json",
        "report-20261124T110000.000Z.json.gz",
        "report-20261124T110000.000Z.jso",
        "report-20261124T110000.00xZ.json",
        "xreport-20261124T110000.000Z.json",
        "report-20261124T110000.000Z-filtered.json",
        "report-20261124T110000.000Z-0-of-2.json",
    };
    struct place place;
    open_place(&place);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        touch(&place, others[i]);
    touch(&place, "report-20261124T110000.000Z.json");
    free(publish(&place, NOON_MS, 1));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *path = path_in(&place, others[i]);
        CU_ASSERT_EQUAL(access(path, F_OK), 0);
        free(path);
    }
    char *path = path_in(&place, "report-20261124T110000.000Z.json");
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    free(path);
    close_place(&place);
}

/* After the clock went back, the newest report has the oldest name. */
static void test_clock_went_back(void)
{
    struct place place;
    open_place(&place);
    free(publish(&place, NOON_MS + 1000, 2));
    free(publish(&place, NOON_MS + 2000, 2));
    char *name = publish(&place, NOON_MS, 1);
    expect_latest(&place, name);
    expect_list(&place, "latest.json report-20261124T120000.000Z.json "
                        "report-20261124T120002.000Z.json ");
    free(name);
    close_place(&place);
}

/* A filtered report never becomes the latest one, and takes no other's place. */
static void test_filtered(void)
{
    struct place place;
    open_place(&place);
    free(publish_one(&place, NOON_MS, true, 1));
    expect_list(&place, "report-20261124T120000.000Z-filtered.json ");
    free(publish(&place, NOON_MS, 1));
    expect_latest(&place, "report-20261124T120000.000Z.json");
    for (int second = 1; second < 5; second++)
        free(publish_one(&place, NOON_MS + second * 1000, true, 2));
    expect_latest(&place, "report-20261124T120000.000Z.json");
    expect_list(&place, "latest.json report-20261124T120000.000Z.json "
                        "report-20261124T120003.000Z-filtered.json "
                        "report-20261124T120004.000Z-filtered.json ");
    free(publish(&place, NOON_MS + 9000, 1));
    expect_list(&place, "latest.json report-20261124T120003.000Z-filtered.json "
                        "report-20261124T120004.000Z-filtered.json "
                        "report-20261124T120009.000Z.json ");
    /* The report of this run stays, though others seem to be newer. */
    free(publish_one(&place, NOON_MS, true, 1));
    expect_list(&place, "latest.json report-20261124T120000.000Z-filtered.json "
                        "report-20261124T120004.000Z-filtered.json "
                        "report-20261124T120009.000Z.json ");
    close_place(&place);
}

/* What latest.json names stays, even where somebody made it name a filtered report. */
static void test_latest_stays(void)
{
    static const char *const targets[] = {"report-20261124T120000.000Z-filtered.json",
                                          "./report-20261124T120000.000Z-filtered.json"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct place place;
        open_place(&place);
        free(publish_one(&place, NOON_MS, true, 1));
        char *path = path_in(&place, "latest.json");
        CU_ASSERT_EQUAL(symlink(targets[i], path), 0);
        free(path);
        free(publish_one(&place, NOON_MS + 1000, true, 1));
        free(publish_one(&place, NOON_MS + 2000, true, 1));
        expect_list(&place, "latest.json report-20261124T120000.000Z-filtered.json "
                            "report-20261124T120002.000Z-filtered.json ");
        close_place(&place);
    }
}

static void test_link_in_the_way(void)
{
    struct place place;
    struct error error = {0};
    open_place(&place);
    touch(&place, "report-20261124T100000.000Z.json");
    touch(&place, "report-20261124T110000.000Z.json");
    char *path = path_in(&place, "latest.json");
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    free(path);
    path = store_report_path(place.store, NOON_MS, false);
    CU_ASSERT_FALSE(store_publish(place.store, path, 1, &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "latest.json"));
    free(path);
    expect_list(&place, "latest.json report-20261124T100000.000Z.json "
                        "report-20261124T110000.000Z.json ");
    close_place(&place);
}

static void test_lock(void)
{
    struct place place;
    struct store *second = NULL;
    struct error error = {0};
    open_place(&place);
    CU_ASSERT_EQUAL(store_open(place.directory, &no_wait, &second, &error), LOCK_BUSY);
    CU_ASSERT_PTR_NULL(second);
    store_close(place.store);
    CU_ASSERT_EQUAL_FATAL(store_open(place.directory, &no_wait, &place.store, &error), LOCK_TAKEN);
    close_place(&place);
    CU_ASSERT_EQUAL(store_open("/nonexistent/dir", &no_wait, &second, &error), LOCK_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nonexistent/dir"));
    store_close(NULL);
}

/* What a killed run left behind, and files that are nobody's business. */
static void test_sweep(void)
{
    struct place place;
    struct error error = {0};
    open_place(&place);
    store_close(place.store);
    touch(&place, ".report-20261124T110000.000Z.json.aBcDeF.tmp");
    touch(&place, ".report-20261124T110000.000Z-filtered.json.aBcDeF.tmp");
    touch(&place, ".report-spool.aBcDeF.tmp");
    touch(&place, ".other.tmp");
    touch(&place, "report-20261124T110000.000Z.json");
    char *path = path_in(&place, ".latest.json.1.0.tmp");
    CU_ASSERT_EQUAL(symlink("report-20261124T110000.000Z.json", path), 0);
    free(path);
    CU_ASSERT_EQUAL_FATAL(store_open(place.directory, &no_wait, &place.store, &error), LOCK_TAKEN);
    expect_list(&place, ".other.tmp report-20261124T110000.000Z.json ");
    close_place(&place);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"names are UTC times", test_names},
        {"a taken name is passed over", test_taken_name},
        {"keep and latest.json", test_keep},
        {"keep spares what is no report", test_keep_spares_others},
        {"the report just written always stays", test_clock_went_back},
        {"filtered reports stand beside the others", test_filtered},
        {"what latest.json names stays", test_latest_stays},
        {"a link that cannot be swapped removes nothing", test_link_in_the_way},
        {"one at a time", test_lock},
        {"leftovers are swept", test_sweep},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/store", tests);
}
