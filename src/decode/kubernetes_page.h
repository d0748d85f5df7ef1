/* What pages of the Kubernetes API's lists share: {"metadata":{"continue":...},"items":[...]}. */
#ifndef DECODE_KUBERNETES_PAGE_H
#define DECODE_KUBERNETES_PAGE_H

#include "records.h"

/* Projects live in namespaces of their name behind this. */
#define NAMESPACE_PREFIX "runai-"

/* Whether a namespace is that of a project. */
bool page_is_namespace_of(struct str namespace, const char *project);

/* A kind's first rows, and from which id on it may have more. */
enum { PAGE_METADATA = RECORDS_ROWS, PAGE_CONTINUE, PAGE_ROWS };
#define PAGE_PATHS                                                                                 \
    {"metadata", PAGE_METADATA},                                                                   \
    {                                                                                              \
        "metadata.continue", PAGE_CONTINUE                                                         \
    }

/* For on_row(), with one of these ids. */
bool page_on_row(struct records_decoder *records, int id, enum json_event event,
                 const struct json_value *value, struct error *error);

#endif
