/* Clusters that each show one fault, and what has to become of them. */
#include <stdlib.h>
#include <string.h>

#include "e2e_internal.h"

char *e2e_cases_text(const char *common, const struct e2e_case *cases, size_t count)
{
    struct e2e_buf text = {0};
    e2e_puts(&text, common);
    for (size_t i = 0; i < count; i++) {
        const struct e2e_case *c = &cases[i];
        char *line = e2e_format("cluster %s %s expect=%s%s%s\n", c->name, c->settings, c->status,
                                c->class == NULL ? "" : ":", c->class == NULL ? "" : c->class);
        e2e_puts(&text, line);
        free(line);
    }
    return text.data;
}

static bool is_as_expected(const struct e2e_case *c, const struct e2e_report *report)
{
    char expected[16] = "null";
    yajl_val entry = e2e_cluster(report, c->name);
    yajl_val error = e2e_get(entry, "error", NULL);
    const char *status = e2e_text(e2e_get(entry, "status", NULL));
    if (c->http_status != 0)
        snprintf(expected, sizeof expected, "%d", c->http_status);
    const char *class =
        c->class == NULL ? e2e_text(error) : e2e_text(e2e_get(error, "class", NULL));
    const char *http_status =
        c->class == NULL ? "null" : e2e_text(e2e_get(error, "http_status", NULL));
    const char *message = e2e_text(e2e_get(error, "message", NULL));
    if (strcmp(status, c->status) == 0 &&
        strcmp(class, c->class == NULL ? "null" : c->class) == 0 &&
        strcmp(http_status, expected) == 0 &&
        (c->message == NULL || strstr(message, c->message) != NULL))
        return true;
    fprintf(stderr,
            "    %s: %s, class %s, HTTP status %s, message \"%s\"; expected %s, %s, %s, \"%s\"\n",
            c->name, status, class, http_status, message, c->status,
            c->class == NULL ? "null" : c->class, expected, c->message == NULL ? "" : c->message);
    return false;
}

size_t e2e_check_cases(const struct e2e_case *cases, size_t count, const struct e2e_report *report,
                       struct e2e_fleet *fleet)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const struct e2e_case *c = &cases[i];
        size_t served = e2e_count(fleet, c->name, NULL, c->served);
        if (served < c->times)
            fprintf(stderr, "    %s: %s was served %zu times, not %u\n", c->name, c->served, served,
                    c->times);
        wrong += !is_as_expected(c, report) || served < c->times;
    }
    return wrong;
}
