/*
 * The researcher flavour (API document, section 2): one list of jobs for each project.
 *
 * Which of the four generations of paths a cluster has shows when one is asked. The newest one has
 * the project in its path, and any 200 there settles the generation. An older one may answer 200
 * with an empty list for whatever it is asked: it is settled on by a record. A list that no path
 * gave a record is parked until another list of the cluster settles the generation, and is then
 * asked again. If none does, the cluster's list of projects decides: what it names is empty, and
 * what it does not name was not found.
 */
#include "collect_internal.h"

/* Whether a path generation has worked, or is given. */
static bool is_settled(const struct cluster *cluster)
{
    return cluster->path != PATH_UNKNOWN || cluster->config->jobs_path != NULL;
}

/* The list's path: a probing list begins with the newest. */
static int list_path(const struct list *list)
{
    if (list->path == PATH_UNKNOWN && list->cluster->config->jobs_path == NULL)
        return 0;
    return list->path;
}

static char *page_url(const struct list *list)
{
    return paths_jobs_url(list->cluster->config, list_project(list), list_path(list));
}

static struct decoder *decoder(struct list *list)
{
    return decoder_new_researcher_jobs(list_project(list), list_add_workload, list);
}

/* Whether the answer, whole or not, shows that its path is the right one. */
static bool settles(const struct list *list)
{
    return list_path(list) == 0 || list->page_tally.all.workloads > 0 ||
           decoder_dropped(list->fetch.decoder) > 0;
}

/* On to the next older path; false when there is none. */
static bool ask_older(struct list *list)
{
    if (list_path(list) + 1 >= paths_count())
        return false;
    list->path = list_path(list) + 1;
    return true;
}

static enum page_verdict page(struct list *list, struct error *error)
{
    /* A part without a record tells nothing of the path, nor that the project is empty. */
    if (is_settled(list->cluster) || (fetch_is_partial(error) && !settles(list)))
        return PAGE_LAST;
    if (settles(list)) {
        list->cluster->path = list_path(list);
        return PAGE_LAST;
    }
    list->was_empty = true;
    return ask_older(list) ? PAGE_DISCARD : PAGE_PARKED;
}

/* 404 and 405 on the way to a generation that works are no failures. */
static enum refusal_verdict refused(struct list *list, struct error *error)
{
    struct cluster *cluster = list->cluster;
    /* A path that began a good answer is the right one, whatever became of the answer. */
    if (error->http_status == 200 && !is_settled(cluster) && settles(list))
        cluster->path = list_path(list);
    if (is_settled(cluster) || (error->http_status != 404 && error->http_status != 405))
        return REFUSAL_FAILS;
    if (ask_older(list))
        return REFUSAL_AGAIN;
    if (list->was_empty)
        return REFUSAL_PARKS;
    /* 405 from the last path is as good as 404: there is no such list here. */
    const struct error last = *error;
    error_set(error, ERR_NOT_FOUND, "no known path lists its jobs (set jobs_path): %s", last.text);
    error->http_status = last.http_status;
    return REFUSAL_FAILS;
}

static char *probe_url(const struct cluster *cluster)
{
    return paths_projects_url(cluster->config);
}

static struct decoder *probe_decoder(void)
{
    return decoder_new_researcher_projects(probe_ignore_project, NULL);
}

const struct flavour flavour_researcher = {
    .names_projects = true,
    .lists_per_project = 1,
    .page_url = page_url,
    .decoder = decoder,
    .page = page,
    .refused = refused,
    .is_settled = is_settled,
    .probe_url = probe_url,
    .probe_decoder = probe_decoder,
};
