/* Torture: the scenes, and the runs in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e_internal.h"
#include "torture_internal.h"

/* Over TLS and plain, with projects configured and asked for, small: it runs thousands of times. */
static const char fleet_text[] = "run deadline=20.0\n"
                                 "defaults retries=0 idle_timeout=5.0\n"
                                 "control conf.retries=0\n"
                                 "cluster alpha workloads=3\n"
                                 "cluster beta projects=2 workloads=5\n"
                                 "cluster gamma tls=no workloads=4 listed=no\n";

static const char *const names[] = {
#define TORTURE_NAME(name) #name,
    TORTURE_FUNCTIONS(TORTURE_NAME)
#undef TORTURE_NAME
};

const char *torture_name(enum torture_function function)
{
    return names[function];
}

struct e2e_fleet *torture_fleet(struct torture_scene *scene)
{
    return scene->fleet;
}

const char *torture_output_directory(struct torture_scene *scene)
{
    return e2e_path(scene->fleet, "out");
}

static void make_directory(struct torture_scene *scene, const char *name)
{
    if (mkdir(e2e_path(scene->fleet, name), 0755) != 0)
        e2e_die("%s: %s", e2e_path(scene->fleet, name), strerror(errno));
}

/* The configuration with all that a run can do with files. */
static void use_directory(struct torture_scene *scene)
{
    struct e2e_fleet *fleet = scene->fleet;
    const char *conf = e2e_path(fleet, "rollcall.conf");
    char *text = e2e_read(conf, NULL);
    char *secret = e2e_format("{ file = \"%s\"; }", e2e_path(fleet, "secret"));
    char *at = text == NULL ? NULL : strstr(text, secret);
    if (at == NULL)
        e2e_die("%s names no secret", conf);
    char *changed = e2e_format("%.*s{ command = [ \"cat\", \"%s\" ]; }%s", (int)(at - text), text,
                               e2e_path(fleet, "secret"), at + strlen(secret));
    e2e_write(conf, 0644, changed);
    e2e_edit(fleet, "rollcall.conf", "report : {", " directory = \"@/out\"; keep = 2;");
    free(changed);
    free(secret);
    free(text);
}

static void map_state(struct torture_scene *scene)
{
    const char *path = e2e_path(scene->fleet, "torture");
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *scene->state) != 0)
        e2e_die("%s: %s", path, strerror(errno));
    void *memory = mmap(NULL, sizeof *scene->state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        e2e_die("%s: %s", path, strerror(errno));
    close(fd);
    scene->state = memory;
    scene->state_setting = e2e_format("%s=%s", TORTURE_STATE, path);
}

struct torture_scene *torture_open(enum torture_setup setup, const char *program)
{
    struct torture_scene *scene = e2e_alloc(sizeof *scene);
    bool has_directory = setup == TORTURE_TO_DIRECTORY;
    char *text = e2e_format("%s%s", fleet_text,
                            has_directory ? "control discover=yes\nrun reconcile=true\n" : "");
    scene->setup = setup;
    scene->program = program;
    scene->fleet = e2e_start(text);
    free(text);
    make_directory(scene, "out");
    make_directory(scene, "tmp");
    make_directory(scene, "cache");
    e2e_edit(scene->fleet, "rollcall.conf", "control_plane : {",
             "\n  token_cache = \"@/cache/token\";");
    if (has_directory)
        use_directory(scene);
    scene->report_path =
        e2e_path(scene->fleet, has_directory ? "out/latest.json" : "out/report.json");
    e2e_preload("torture", scene->settings);
    /* OpenSSL loses memory of its own when it cannot get more. */
    char *options = e2e_format("%s:detect_leaks=0", scene->settings[1]);
    free(scene->settings[1]);
    scene->settings[1] = options;
    scene->tmp_setting = e2e_format("TMPDIR=%s", e2e_path(scene->fleet, "tmp"));
    map_state(scene);

    /* The second run finds what every later one does: an older report, and perhaps a token. */
    for (int i = 0; i < 2; i++) {
        memset(scene->state, 0, sizeof *scene->state);
        struct e2e_result *result = torture_run(scene);
        if (result->status != 0 || result->err[0] != '\0')
            e2e_die("an undisturbed run ended with %d: %s", result->status, result->err);
        e2e_result_free(result);
    }
    memcpy(scene->calls, scene->state->counts, sizeof scene->calls);
    scene->before = e2e_read(scene->report_path, NULL);
    scene->expected = e2e_load(scene->report_path);
    if (e2e_compare_truth(scene->expected, scene->fleet) != 0)
        e2e_die("an undisturbed run's report is wrong");
    return scene;
}

void torture_close(struct torture_scene *scene)
{
    munmap(scene->state, sizeof *scene->state);
    e2e_report_free(scene->expected);
    e2e_stop(scene->fleet);
    for (size_t i = 0; i < E2E_PRELOAD_COUNT; i++)
        free(scene->settings[i]);
    free(scene->state_setting);
    free(scene->tmp_setting);
    free(scene->before);
    free(scene);
}

uint32_t torture_calls(const struct torture_scene *scene, enum torture_function function)
{
    return scene->calls[function];
}

static struct e2e_result *run_with(struct torture_scene *scene, const char *const before[])
{
    struct e2e_run run = {
        .program = scene->program,
        .env = {scene->settings[0], scene->settings[1], scene->state_setting, scene->tmp_setting},
    };
    char *table = e2e_format("table=%s", e2e_path(scene->fleet, "out/table"));
    const char *usual[] = {
        "run", "-q", "-c", e2e_path(scene->fleet, "rollcall.conf"), "-o", scene->report_path,
        "-f",  table};
    size_t count = 0;
    if (before != NULL)
        run.program = *before++;
    while (before != NULL && *before != NULL)
        run.args[count++] = *before++;
    for (size_t i = 0; i < (scene->setup == TORTURE_TO_FILE ? 8 : 4); i++)
        run.args[count++] = usual[i];
    if (scene->setup == TORTURE_TO_DIRECTORY &&
        unlink(e2e_path(scene->fleet, "cache/token")) != 0 && errno != ENOENT)
        e2e_die("cannot remove the kept token: %s", strerror(errno));
    struct e2e_result *result = e2e_run(&run);
    free(table);
    return result;
}

struct e2e_result *torture_run(struct torture_scene *scene)
{
    return run_with(scene, NULL);
}

struct e2e_result *torture_run_in(struct torture_scene *scene, const char *shell,
                                  const char *redirections)
{
    char *program = e2e_format("%s/rollcall", e2e_build_dir());
    char *script = e2e_format("%s exec \"$0\" \"$@\" %s", shell == NULL ? "" : shell,
                              redirections == NULL ? "" : redirections);
    const char *const before[] = {"/bin/sh", "-c", script, program, NULL};
    memset(scene->state, 0, sizeof *scene->state);
    /* The shell is not to be counted. */
    char *preload = scene->settings[0], nothing[] = "LD_PRELOAD=";
    scene->settings[0] = nothing;
    struct e2e_result *result = run_with(scene, before);
    scene->settings[0] = preload;
    free(script);
    free(program);
    return result;
}

/* Calls that serve the network, whatever they are about. */
static bool is_network(const struct torture_scene *scene, enum torture_function function)
{
    switch (function) {
    case TORTURE_socket:
    case TORTURE_socketpair:
    case TORTURE_poll:
    case TORTURE_getrandom:
    case TORTURE_pthread_create:
    case TORTURE_alloc:
        return true;
    default:
        return scene->state->is_socket != 0;
    }
}

bool torture_strike(struct torture_scene *scene, const struct torture_fault *fault)
{
    static const char *const modes[] = {
        [TORTURE_ONCE] = "once",
        [TORTURE_FROM] = "from there on",
        [TORTURE_SHORT] = "short",
        [TORTURE_SHORT_FROM] = "short from there on",
        [TORTURE_JUMP] = "the clock jumps",
    };
    bool is_short = fault->mode == TORTURE_SHORT || fault->mode == TORTURE_SHORT_FROM;
    /* Who is told that a temporary is gone does not remove it. */
    bool hinders_removal = fault->function == TORTURE_unlink ||
                           fault->function == TORTURE_unlinkat ||
                           (fault->function == TORTURE_lstat && fault->error == ENOENT);
    *scene->state = (struct torture){
        .function = (int32_t)fault->function,
        .mode = fault->mode,
        .nth = fault->nth,
        .error = fault->error,
        .jump_s = fault->jump_s,
    };
    char before[160];
    snprintf(before, sizeof before, "%s call %u, %s, %s", torture_name(fault->function), fault->nth,
             modes[fault->mode], is_short ? "one byte" : strerror(fault->error));
    torture_note_case(before);
    struct e2e_result *result = torture_run(scene);
    char *name = e2e_format("%s: \"%s\"", before, scene->state->what);
    const struct torture_case c = {
        .name = name,
        /* The first call of many need not be the one that mattered. */
        .file = fault->mode == TORTURE_FROM && fault->function != TORTURE_alloc
                    ? e2e_path(scene->fleet, "out")
                    : scene->state->what,
        .cause = is_short || fault->error == 0 || fault->function == TORTURE_alloc
                     ? NULL
                     : strerror(fault->error),
        .is_network = is_network(scene, fault->function),
        .must_be_survived = is_short || fault->mode == TORTURE_JUMP || fault->error == EINTR ||
                            scene->state->injected == 0,
        .may_litter = hinders_removal,
    };
    bool is_well = torture_judge(scene, &c, result);
    free(name);
    return is_well;
}
