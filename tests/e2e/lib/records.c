/* Questions about a report's workloads and lists. */
#include <stdlib.h>
#include <string.h>

#include "e2e_internal.h"

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The ids of a cluster's workloads, sorted; owned by the caller. */
static char **ids_of(const struct e2e_report *report, const char *cluster, size_t *count)
{
    char **ids = NULL;
    char *line = NULL;
    size_t size = 0;
    char *begin = e2e_format("{\"cluster\":\"%s\",\"id\":", cluster);
    *count = 0;
    rewind(report->workloads);
    while (getline(&line, &size, report->workloads) >= 0) {
        if (strncmp(line, begin, strlen(begin)) != 0)
            continue;
        const char *id = line + strlen(begin), *end = strstr(id, ",\"name\":");
        /* cppcheck-suppress memleakOnRealloc ; the program ends then */
        ids = realloc(ids, (*count + 1) * sizeof *ids);
        if (ids == NULL || end == NULL)
            e2e_die("cannot list the ids of %s", cluster);
        ids[(*count)++] = e2e_format("%.*s", (int)(end - id), id);
    }
    if (*count > 1)
        qsort(ids, *count, sizeof *ids, compare_texts);
    free(line);
    free(begin);
    return ids;
}

static void free_ids(char **ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
}

bool e2e_has_id(const struct e2e_report *report, const char *cluster, const char *id)
{
    size_t count;
    char **ids = ids_of(report, cluster, &count);
    bool has_id = false;
    for (size_t i = 0; i < count && !has_id; i++)
        has_id = strcmp(ids[i], id) == 0;
    free_ids(ids, count);
    return has_id;
}

size_t e2e_workloads_of(const struct e2e_report *report, const char *cluster, size_t *distinct)
{
    size_t count, different = 0;
    char **ids = ids_of(report, cluster, &count);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || strcmp(ids[i], ids[i - 1]) != 0;
    free_ids(ids, count);
    if (distinct != NULL)
        *distinct = different;
    return count;
}

bool e2e_is_list(yajl_val list, const char *const texts[])
{
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    bool is_same = YAJL_IS_ARRAY(list) && list->u.array.len == count;
    for (size_t i = 0; is_same && i < count; i++)
        is_same = strcmp(e2e_text(list->u.array.values[i]), texts[i]) == 0;
    if (!is_same) {
        fputs("    the list is:", stderr);
        for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
            fprintf(stderr, " %s", e2e_text(list->u.array.values[i]));
        fputc('\n', stderr);
    }
    return is_same;
}
