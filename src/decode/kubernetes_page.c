#include "kubernetes_page.h"

#include <string.h>

/* A token that is not understood would end the list early and nobody would know. */
static bool set_continue(struct buf *token, enum json_event event, const struct json_value *value,
                         struct error *error)
{
    buf_clear(token);
    if (event == JSON_NULL)
        return true;
    struct str text = value->text;
    if (event != JSON_STRING || value->repaired > 0 || memchr(text.data, '\0', text.len) != NULL)
        return error_set(error, ERR_BAD_SHAPE, "\"metadata.continue\" in the answer is not a text");
    return buf_append(token, text.data, text.len) ||
           error_set(error, ERR_TOO_LARGE, "the continue token is too long");
}

bool page_is_namespace_of(struct str namespace, const char *project)
{
    const size_t prefix_len = sizeof NAMESPACE_PREFIX - 1;
    return namespace.len > prefix_len &&
           memcmp(namespace.data, NAMESPACE_PREFIX, prefix_len) == 0 &&
           str_equals((struct str){namespace.data + prefix_len, namespace.len - prefix_len},
                      str_of(project));
}

bool page_on_row(struct records_decoder *records, int id, enum json_event event,
                 const struct json_value *value, struct error *error)
{
    struct buf *token = &records->decoder.continue_token;
    if (id == PAGE_CONTINUE)
        return set_continue(token, event, value, error);
    if (event == JSON_OBJECT_END)
        return true;
    buf_clear(token);
    return event == JSON_OBJECT_BEGIN || event == JSON_NULL ||
           error_set(error, ERR_BAD_SHAPE, "\"metadata\" in the answer is not an object");
}
