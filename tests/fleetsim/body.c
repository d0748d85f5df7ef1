#include "body.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "known.h"

#define PIECE_JOBS  64
#define LARGE_BYTES (4u << 20)

struct body {
    const struct cluster *cluster;
    unsigned first, end; /* projects */
    unsigned project;
    size_t place;  /* of the next job of the project */
    size_t others; /* records of other projects still to come */
    bool is_endless, is_begun, is_over, needs_comma;
    bool has_ended; /* those that end after the first reading */
    struct text piece;
    size_t piece_at;
};

struct body *body_new_jobs(const struct cluster *cluster, int project, bool is_endless)
{
    struct body *body = sim_alloc(sizeof *body);
    body->cluster = cluster;
    body->first = project < 0 ? 0 : (unsigned)project;
    body->end = project < 0 ? cluster->project_count : (unsigned)project + 1;
    body->project = body->first;
    body->is_endless = is_endless;
    body->has_ended = atomic_load(cluster_jobs_served(cluster, project, 0)) == 0;
    if (cluster->fault.kind == FAULT_OTHER_PROJECT)
        body->others = cluster->fault.number < 0 ? 1 : (size_t)cluster->fault.number;
    return body;
}

bool body_is_large(const struct body *body)
{
    size_t jobs = data_job_count(body->cluster) * (body->end - body->first);
    return body->is_endless || jobs * (260 + body->cluster->padding) > LARGE_BYTES;
}

static void begin_record(struct body *body)
{
    if (body->needs_comma)
        text_puts(&body->piece, ",");
    body->needs_comma = true;
}

/* One more record; false when there is none. */
static bool add_record(struct body *body)
{
    if (body->others > 0) {
        begin_record(body);
        data_other_project_job(body->cluster, body->others--, &body->piece);
        return true;
    }
    size_t jobs = data_job_count(body->cluster);
    size_t count = jobs == 0 ? 0 : jobs + body->cluster->repeats;
    if (body->place == count) {
        body->place = 0;
        body->project++;
    }
    if (body->project >= body->end && body->is_endless)
        body->project = body->first;
    if (body->project >= body->end || count == 0)
        return false;
    size_t index = data_served_index(body->cluster, body->place++ % jobs);
    if (!body->has_ended && known_plant(body->cluster, body->project, index) == PLANT_ENDED)
        return true;
    begin_record(body);
    data_job(body->cluster, body->project, index, &body->piece, NULL);
    return true;
}

static void fill(struct body *body)
{
    body->piece.len = body->piece_at = 0;
    if (!body->is_begun)
        text_puts(&body->piece, "{\"data\":[");
    body->is_begun = true;
    for (int i = 0; i < PIECE_JOBS; i++) {
        if (!add_record(body)) {
            text_puts(&body->piece, "]}");
            body->is_over = true;
            return;
        }
    }
}

size_t body_read(struct body *body, char *data, size_t max)
{
    size_t done = 0;
    while (done < max) {
        if (body->piece_at == body->piece.len) {
            if (body->is_over)
                break;
            fill(body);
        }
        size_t count = body->piece.len - body->piece_at;
        count = count < max - done ? count : max - done;
        memcpy(data + done, body->piece.data + body->piece_at, count);
        body->piece_at += count;
        done += count;
    }
    return done;
}

void body_free(struct body *body)
{
    if (body == NULL)
        return;
    text_free(&body->piece);
    free(body);
}

void body_put_jobs(const struct cluster *cluster, int project, struct text *out)
{
    struct body *body = body_new_jobs(cluster, project, false);
    char block[4096];
    size_t count;
    while ((count = body_read(body, block, sizeof block)) > 0)
        text_add(out, block, count);
    body_free(body);
}

/* A messy cluster names projects twice. */
void body_put_projects(const struct cluster *cluster, struct text *out)
{
    static const char *const nameless[] = {"{}", "{\"name\":null}",
                                           "{\"name\":\"\",\"deservedGpus\":3}"};
    text_puts(out, "{\"data\":[");
    for (unsigned i = cluster->project_count; i-- > 0;) {
        data_project(cluster, i, out);
        if (cluster->is_messy) {
            text_puts(out, ",");
            data_project(cluster, i, out);
        }
        text_puts(out, i > 0 ? "," : "");
    }
    for (unsigned i = 0; i < cluster->nameless; i++)
        text_printf(out, "%s%s", i > 0 || cluster->project_count > 0 ? "," : "", nameless[i % 3]);
    text_puts(out, "],\"more\":{\"data\":[1]}}");
}
