#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define MESSAGE_MAX_BYTES 4096

/* The names that may stand in a group, as an array the caller frees. */
static const char **list_keys(const struct key_table *tables, size_t table_count)
{
    const char **names = NULL;
    size_t count = 0;
    for (size_t t = 0; t < table_count; t++)
        for (const struct key *key = tables[t].keys; key->name != NULL; key++) {
            if (key->refusal != NULL)
                continue;
            names = mem_resize(names, count + 1, sizeof *names);
            names[count++] = key->name;
        }
    names = mem_resize(names, count + 1, sizeof *names);
    names[count] = NULL;
    return names;
}

static const struct key *find_key(const char *name, const struct key_table *tables,
                                  size_t table_count)
{
    for (size_t t = 0; t < table_count; t++)
        for (const struct key *key = tables[t].keys; key->name != NULL; key++)
            if (strcmp(key->name, name) == 0)
                return key;
    return NULL;
}

/* Notes keys that do not exist or may not stand here. */
static void check_names(struct loader *l, const config_setting_t *group, const char *what,
                        const struct key_table *tables, size_t table_count)
{
    int count = config_setting_length(group);
    for (int i = 0; i < count; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        const struct key *key = find_key(name, tables, table_count);
        if (key != NULL && key->refusal != NULL)
            config_problem(l, setting, "\"%s\" may not stand in %s: %s", name, what, key->refusal);
        if (key != NULL)
            continue;
        const char **names = list_keys(tables, table_count);
        char *where = mem_printf(" in %s", what);
        config_problem_unknown(l, setting, "key", name, where, names);
        free(where);
        free(names);
    }
}

void config_read_group(struct loader *l, const config_setting_t *group, const char *what,
                       struct key_table *tables, size_t table_count)
{
    check_names(l, group, what, tables, table_count);
    for (size_t t = 0; t < table_count; t++) {
        tables[t].used = 0;
        for (const struct key *key = tables[t].keys; key->name != NULL; key++) {
            const config_setting_t *setting =
                key->refusal == NULL ? config_setting_get_member(group, key->name) : NULL;
            if (setting != NULL) {
                tables[t].used++;
                key->set(l, setting, key, (char *)tables[t].target + key->offset);
            } else if (key->is_required) {
                config_problem(l, group, "\"%s\" is missing in %s", key->name, what);
            }
        }
    }
}

const char *config_name_of(const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    const config_setting_t *parent = config_setting_parent(setting);
    if (name == NULL && parent != NULL)
        name = config_setting_name(parent);
    return name == NULL ? "" : name;
}

static void describe_value(const config_setting_t *setting, struct buf *out)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        buf_printf(out, "%lld", config_setting_get_int64(setting));
        break;
    case CONFIG_TYPE_FLOAT:
        buf_printf(out, "%.15g", config_setting_get_float(setting));
        break;
    case CONFIG_TYPE_STRING:
        buf_printf(out, "\"%.64s\"", config_setting_get_string(setting));
        break;
    case CONFIG_TYPE_BOOL:
        buf_append_str(out, config_setting_get_bool(setting) ? "true" : "false");
        break;
    case CONFIG_TYPE_GROUP:
        buf_append_str(out, "a group { … }");
        break;
    case CONFIG_TYPE_ARRAY:
        buf_append_str(out, "an array [ … ]");
        break;
    default:
        buf_append_str(out, "a list ( … )");
        break;
    }
}

void config_problem_value(struct loader *l, const config_setting_t *setting, const char *expected)
{
    struct buf value;
    buf_init(&value, MESSAGE_MAX_BYTES);
    describe_value(setting, &value);
    const char *item = config_setting_name(setting) == NULL ? "an item of " : "";
    config_problem(l, setting, "%s\"%s\" must be %s, not %s", item, config_name_of(setting),
                   expected, value.data);
    buf_free(&value);
}

bool config_expect_group(struct loader *l, const config_setting_t *setting)
{
    if (config_setting_is_group(setting))
        return true;
    config_problem_value(l, setting, "a group { … }");
    return false;
}

const char *config_get_string(struct loader *l, const config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return config_setting_get_string(setting);
    config_problem_value(l, setting, "a string");
    return NULL;
}

const char **config_get_strings(struct loader *l, const config_setting_t *setting,
                                config_check_item_fn *check, size_t *count)
{
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        config_problem(l, setting, "\"%s\" must be an array of strings, [ \"…\" ]",
                       config_name_of(setting));
        return NULL;
    }
    size_t length = (size_t)config_setting_length(setting);
    const char **texts = arena_alloc(l->arena, (length + 1) * sizeof *texts);
    bool is_good = true;
    for (size_t i = 0; i < length; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
        const char *text = config_get_string(l, item);
        if (text == NULL || (check != NULL && !check(l, item, text)))
            is_good = false;
        else
            texts[i] = arena_strdup(l->arena, text);
    }
    *count = length;
    return is_good ? texts : NULL;
}

bool config_get_choice(struct loader *l, const config_setting_t *setting, const char *what,
                       const char *const *names, size_t *index)
{
    const char *word = config_get_string(l, setting);
    if (word == NULL)
        return false;
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], word) == 0) {
            *index = i;
            return true;
        }
    config_problem_unknown(l, setting, what, word, "", names);
    return false;
}

void config_check_bool(struct loader *l, const config_setting_t *setting, const struct key *key,
                       void *field)
{
    (void)key;
    (void)field;
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        config_problem_value(l, setting, "true or false");
}

void config_set_bool(struct loader *l, const config_setting_t *setting, const struct key *key,
                     void *field)
{
    config_check_bool(l, setting, key, field);
    if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
        *(bool *)field = config_setting_get_bool(setting) != 0;
}

static bool is_integer(const config_setting_t *setting)
{
    int type = config_setting_type(setting);
    return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

void config_set_count(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    if (config_has_overflow(l, setting))
        return;
    long long value = config_setting_get_int64(setting);
    if (is_integer(setting) && value >= (long long)key->min && value <= (long long)key->max) {
        *(unsigned *)field = (unsigned)value;
        return;
    }
    char *expected = mem_printf("a whole number from %.15g to %.15g", key->min, key->max);
    config_problem_value(l, setting, expected);
    free(expected);
}

void config_set_seconds(struct loader *l, const config_setting_t *setting, const struct key *key,
                        void *field)
{
    if (config_has_overflow(l, setting))
        return;
    bool is_number = config_setting_is_number(setting);
    double value = !is_number            ? 0
                   : is_integer(setting) ? (double)config_setting_get_int64(setting)
                                         : config_setting_get_float(setting);
    if (is_number && value >= key->min && value <= key->max) {
        *(int64_t *)field = (int64_t)(value * 1000 + 0.5);
        return;
    }
    char *expected = mem_printf("a number of seconds from %.15g to %.15g", key->min, key->max);
    config_problem_value(l, setting, expected);
    free(expected);
}
