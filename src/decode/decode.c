#include "decode_internal.h"

#include <stdlib.h>
#include <string.h>

#define CONTINUE_MAX ((size_t)64 << 10)

void decoder_init_rows(struct decoder *decoder, const struct decode_kind *kind,
                       const struct json_path *rows, size_t row_count)
{
    decoder->kind = kind;
    decoder->paths = json_paths_new(rows, row_count);
    decoder->reader = json_reader_new(decoder->paths, kind->handler, decoder);
    buf_init(&decoder->continue_token, CONTINUE_MAX);
    decoder->next_offset = -1;
}

void decoder_init(struct decoder *decoder, const struct decode_kind *kind)
{
    decoder_init_rows(decoder, kind, kind->rows, kind->row_count);
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->kind->free != NULL)
        decoder->kind->free(decoder);
    json_reader_free(decoder->reader);
    json_paths_free(decoder->paths);
    buf_free(&decoder->continue_token);
    free(decoder);
}

bool decoder_feed(struct decoder *decoder, const void *data, size_t len, struct error *error)
{
    return json_reader_feed(decoder->reader, data, len, error);
}

bool decoder_finish(struct decoder *decoder, struct error *error)
{
    return json_reader_finish(decoder->reader, error) && decoder->kind->finish(decoder, error);
}

uint64_t decoder_repaired(const struct decoder *decoder)
{
    return decoder->repaired;
}

void decoder_disown_record(struct decoder *decoder)
{
    decoder->is_disowned = true;
}

uint64_t decoder_dropped(const struct decoder *decoder)
{
    return decoder->dropped;
}

uint64_t decoder_left_out(const struct decoder *decoder)
{
    return decoder->left_out;
}

void project_sample_note(struct project_sample *sample, struct str name)
{
    if (name.len > sizeof sample->name)
        name.len = sizeof sample->name;
    const struct str held = {sample->name, sample->len};
    if (sample->is_there && str_compare(held, name) <= 0)
        return;
    if (name.len > 0)
        memcpy(sample->name, name.data, name.len);
    sample->len = name.len;
    sample->is_there = true;
}

void decoder_drop_other(struct decoder *decoder, struct str project)
{
    decoder->dropped++;
    project_sample_note(&decoder->other_project, project);
}

const struct project_sample *decoder_other_project(const struct decoder *decoder)
{
    return &decoder->other_project;
}

const char *decoder_continue(const struct decoder *decoder)
{
    return decoder->continue_token.len == 0 ? "" : decoder->continue_token.data;
}

int64_t decoder_next_offset(const struct decoder *decoder)
{
    return decoder->next_offset;
}

static enum decode_step begin_list(struct decode_list *list, enum json_event event,
                                   struct error *error)
{
    if (event == JSON_ARRAY_END)
        return STEP_NONE;
    if (list->is_seen) {
        error_set(error, ERR_BAD_SHAPE, "the answer has \"%s\" twice", list->name);
        return STEP_FAILED;
    }
    list->is_seen = true;
    if (event == JSON_ARRAY_BEGIN || event == JSON_NULL)
        return STEP_NONE;
    if (*list->name == '\0')
        error_set(error, ERR_BAD_SHAPE, "the answer is not a list");
    else
        error_set(error, ERR_BAD_SHAPE, "\"%s\" in the answer is not a list", list->name);
    return STEP_FAILED;
}

enum decode_step decode_list_event(struct decode_list *list, int id, enum json_event event,
                                   struct error *error)
{
    if (id == DECODE_LIST)
        return begin_list(list, event, error);
    if (event == JSON_OBJECT_BEGIN)
        return id == DECODE_ITEM ? STEP_BEGIN : STEP_NONE;
    if (event == JSON_OBJECT_END)
        return id == DECODE_ITEM ? STEP_END : STEP_NONE;
    if (id == DECODE_ITEM && *list->name == '\0')
        error_set(error, ERR_BAD_SHAPE, "an item of the answer is not an object");
    else if (id == DECODE_ITEM)
        error_set(error, ERR_BAD_SHAPE, "an item of \"%s\" is not an object", list->name);
    else
        error_set(error, ERR_BAD_SHAPE, "the answer is not an object");
    return STEP_FAILED;
}

bool decode_list_finish(const struct decode_list *list, struct error *error)
{
    return list->is_seen || error_set(error, ERR_BAD_SHAPE, "the answer has no \"%s\"", list->name);
}
