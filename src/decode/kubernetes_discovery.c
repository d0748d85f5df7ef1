#include "records.h"

/* As long as a label of DNS, which versions and resources are. */
#define NAME_MAX_BYTES 63

enum { GROUP_PREFERRED = RECORDS_ROWS };

struct names_decoder {
    struct records_decoder records;
    decode_api_name_fn *fn;
    void *arg;
    struct str name; /* of the record at hand */
};

/* Names go into URLs. One with a slash is of a subresource. */
static bool is_name(struct str name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static bool hand_out(const struct names_decoder *names, struct str name, bool is_preferred,
                     struct error *error)
{
    return !is_name(name) || names->fn(names->arg, name, is_preferred, error);
}

static bool on_version(struct records_decoder *records, struct error *error)
{
    const struct names_decoder *names = (struct names_decoder *)records;
    return is_name(names->name) ? names->fn(names->arg, names->name, false, error)
                                : records_drop(records);
}

static bool on_resource(struct records_decoder *records, struct error *error)
{
    const struct names_decoder *names = (struct names_decoder *)records;
    return hand_out(names, names->name, false, error);
}

static bool on_row(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error)
{
    (void)id;
    return event != JSON_STRING ||
           hand_out((struct names_decoder *)records, value->text, true, error);
}

#define AT(member) offsetof(struct names_decoder, member)

static const struct record_field version_fields[] = {{"version", FIELD_TEXT, AT(name)}};
static const struct record_field resource_fields[] = {{"name", FIELD_TEXT, AT(name)}};
static const struct json_path version_rows[] = {{"preferredVersion.version", GROUP_PREFERRED}};

static const struct records_kind versions_kind = {
    .list = "versions",
    .fields = version_fields,
    .field_count = 1,
    .rows = version_rows,
    .row_count = 1,
    .on_row = on_row,
    .on_record = on_version,
};

static const struct records_kind resources_kind = {
    .list = "resources",
    .fields = resource_fields,
    .field_count = 1,
    .on_record = on_resource,
};

static struct decoder *new_decoder(const struct records_kind *kind, decode_api_name_fn *fn,
                                   void *arg)
{
    struct names_decoder *names = mem_new(1, sizeof *names);
    records_init(&names->records, kind);
    names->fn = fn;
    names->arg = arg;
    return &names->records.decoder;
}

struct decoder *decoder_new_api_versions(decode_api_name_fn *fn, void *arg)
{
    return new_decoder(&versions_kind, fn, arg);
}

struct decoder *decoder_new_api_resources(decode_api_name_fn *fn, void *arg)
{
    return new_decoder(&resources_kind, fn, arg);
}
