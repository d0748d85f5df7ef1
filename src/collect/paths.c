#include "collect_internal.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/buf.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

#define PLACEHOLDER "{project}"

/* The configuration's url, base_path and jobs_path have at most 2 KiB each, and the last may be all
 * placeholders, each of which becomes three bytes for each of a name's 1,024. */
#define URL_MAX_BYTES (1024 * 1024)

/* The four generations of the job list, the newest first. */
static const char *const job_paths[] = {
    "/api/v1/jobs/" PLACEHOLDER,
    "/api/v1/job/" PLACEHOLDER,
    "/api/v1/jobs?project=" PLACEHOLDER,
    "/api/job?project=" PLACEHOLDER,
};

int paths_count(void)
{
    return (int)(sizeof(job_paths) / sizeof(job_paths[0]));
}

char *paths_projects_url(const struct cluster_config *config)
{
    return mem_printf("%s%s/api/v1/projects", config->url, config->base_path);
}

char *paths_jobs_url(const struct cluster_config *config, const char *project, int path_index)
{
    const char *path = path_index == PATH_UNKNOWN ? config->jobs_path : job_paths[path_index];
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    buf_printf(&url, "%s%s", config->url, config->base_path);
    for (const char *place; (place = strstr(path, PLACEHOLDER)) != NULL;) {
        buf_append(&url, path, (size_t)(place - path));
        text_percent_encode(project, strlen(project), &url);
        path = place + strlen(PLACEHOLDER);
    }
    buf_append_str(&url, path);
    return buf_take(&url);
}
