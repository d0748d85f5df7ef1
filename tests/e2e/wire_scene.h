/*
 * A control plane and some clusters that are wire_server.h's sites, one run of the program over
 * them, and its report.
 */
#ifndef WIRE_SCENE_H
#define WIRE_SCENE_H

#include "../check.h"
#include "wire_server.h"

#define OK(length, body) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body
#define TOKEN            OK("28", "{\"accessToken\":\"abc.DEF-1=\"}")
#define NO_JOBS          OK("11", "{\"data\":[]}")
#define WIRE_TEXT_MAX    65536

/* Site 0 is the control plane, and unless a test says otherwise each further one a cluster: "c1",
 * "c2"... */
struct scene {
    struct wire *wire;
    char dir[64];
    char path[96];       /* of the last scene_path() */
    const char *control; /* further settings of the control plane */
    const char *run;     /* of `run` */
    char clusters[WIRE_TEXT_MAX];
    const char *env[4];
    struct e2e_result *result;
    struct e2e_report *report; /* NULL: the run wrote none */
};

static inline void scene_open(struct scene *scene, size_t site_count)
{
    memset(scene, 0, sizeof *scene);
    const char *tmp = getenv("TMPDIR");
    snprintf(scene->dir, sizeof scene->dir, "%s/rollcall-wire.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(scene->dir) == NULL)
        e2e_die("%s: %s", scene->dir, strerror(errno));
    scene->wire = wire_open(site_count);
    scene->control = "";
    scene->run = "";
}

static inline const char *scene_path(struct scene *scene, const char *name)
{
    snprintf(scene->path, sizeof scene->path, "%s/%s", scene->dir, name);
    return scene->path;
}

/* Makes a site a cluster, with these settings. */
static inline void scene_add(struct scene *scene, size_t site, const char *settings)
{
    size_t len = strlen(scene->clusters);
    snprintf(scene->clusters + len, sizeof scene->clusters - len,
             "%s{ name = \"c%zu\"; url = \"http://127.0.0.1:%u\"; allow_http = true; %s }",
             len == 0 ? "" : ",\n", site, wire_port(scene->wire, site), settings);
}

static inline void scene_run(struct scene *scene)
{
    char conf[WIRE_TEXT_MAX + 1024], file[96], output[96];
    snprintf(file, sizeof file, "%s", scene_path(scene, "rollcall.conf"));
    snprintf(output, sizeof output, "%s", scene_path(scene, "report.json"));
    snprintf(conf, sizeof conf,
             "control_plane : { url = \"http://127.0.0.1:%u\"; allow_http = true; client_id = "
             "\"fleet \\\"x\\\"\"; client_secret : { file = \"%s/secret\"; }; retries = 0; %s };\n"
             "run : { deadline = 50.0; %s };\n"
             "defaults : { projects = [ \"p\" ]; retries = 0; idle_timeout = 20.0; };\n"
             "clusters = (\n%s\n);\n",
             wire_port(scene->wire, 0), scene->dir, scene->control, scene->run, scene->clusters);
    e2e_write(file, 0600, conf);
    e2e_write(scene_path(scene, "secret"), 0600, "s3\"cret\n");
    struct e2e_run run = {.args = {"run", "-q", "-c", file, "-o", output}};
    memcpy(run.env, scene->env, sizeof scene->env);
    wire_serve(scene->wire);
    scene->result = e2e_run(&run);
    wire_stop(scene->wire);
    if (e2e_exists(output))
        scene->report = e2e_load(output);
}

static inline void scene_close(struct scene *scene)
{
    static const char *const names[] = {"rollcall.conf", "secret", "token", "report.json"};
    e2e_report_free(scene->report);
    e2e_result_free(scene->result);
    wire_free(scene->wire);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(scene_path(scene, names[i]));
    if (rmdir(scene->dir) != 0)
        fprintf(stderr, "    %s: %s\n", scene->dir, strerror(errno));
}

/* A run that has to leave a report with this exit status. */
static inline void scene_collect(struct scene *scene, int status)
{
    scene_run(scene);
    if (scene->result->status != status || scene->report == NULL)
        fprintf(stderr, "    status %d: %s\n", scene->result->status, scene->result->err);
    CU_ASSERT_EQUAL(scene->result->status, status);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->report);
}

static inline const char *scene_field(const struct scene *scene, size_t site, const char *name)
{
    char cluster[16];
    snprintf(cluster, sizeof cluster, "c%zu", site);
    return e2e_text(e2e_get(e2e_cluster(scene->report, cluster), name, NULL));
}

static inline const char *scene_error_field(const struct scene *scene, size_t site,
                                            const char *name)
{
    char cluster[16];
    snprintf(cluster, sizeof cluster, "c%zu", site);
    return e2e_text(e2e_get(e2e_cluster(scene->report, cluster), "error", name, NULL));
}

#endif
