/* The report group: where reports go, and in which formats. */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define KEEP_MAX 1000000

/* The format that the report's directory is written in. */
static const char directory_format[] = "json";

static void set_format(struct loader *l, const config_setting_t *setting, const struct key *key,
                       void *field)
{
    (void)key;
    size_t index;
    if (config_get_choice(l, setting, "format", l->formats, &index))
        *(const char **)field = arena_strdup(l->arena, l->formats[index]);
}

static const struct key output_keys[] = {
    {.name = "format",
     .set = set_format,
     .offset = offsetof(struct output_config, format),
     .is_required = true},
    {.name = "file", .set = config_set_path, .offset = offsetof(struct output_config, file)},
    {.name = "mode", .set = config_set_mode, .offset = offsetof(struct output_config, mode)},
    {.name = NULL},
};

/* What was parsed so far; the array of outputs grows in the arena's stead. */
struct output_list {
    struct output_config *outputs; /* owned */
    size_t count;
};

static void check_output(struct loader *l, const config_setting_t *item,
                         const struct report_config *report, struct output_list *list,
                         const struct output_config *output)
{
    bool is_for_directory = strcmp(output->format, directory_format) == 0;
    bool has_file =
        config_setting_is_group(item) && config_setting_get_member(item, "file") != NULL;
    if (has_file && output->file != NULL) {
        for (size_t i = 0; i < list->count; i++)
            if (strcmp(list->outputs[i].file, output->file) == 0)
                config_problem(l, item, "two formats cannot be written to the same file, %s",
                               output->file);
        list->outputs = mem_resize(list->outputs, list->count + 1, sizeof *list->outputs);
        list->outputs[list->count++] = *output;
    } else if (!has_file && !is_for_directory) {
        config_problem(l, item, "format \"%s\" needs a file: { format = \"%s\"; file = \"PATH\"; }",
                       output->format, output->format);
    } else if (!has_file && report->directory == NULL) {
        config_problem(l, item,
                       "format \"%s\" without a file goes to \"directory\", which is not set",
                       output->format);
    }
}

static void set_formats(struct loader *l, const config_setting_t *setting, const struct key *key,
                        void *field)
{
    struct report_config *report = field;
    if (!config_setting_is_list(setting) && !config_setting_is_array(setting)) {
        config_problem_value(l, setting,
                             "a list of names and groups, ( \"json\", { format = …; file = …; } )");
        return;
    }
    struct output_list list = {NULL, 0};
    int count = config_setting_length(setting);
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
        struct output_config output = {.mode = report->mode};
        if (config_setting_is_group(item)) {
            struct key_table table = {.keys = output_keys, .target = &output};
            config_read_group(l, item, "an item of formats", &table, 1);
        } else if (config_setting_type(item) == CONFIG_TYPE_STRING) {
            set_format(l, item, key, &output.format);
        } else {
            config_problem_value(l, item, "a format's name or a group { … }");
        }
        if (output.format != NULL)
            check_output(l, item, report, &list, &output);
    }
    struct output_config *kept = arena_alloc(l->arena, (list.count + 1) * sizeof *kept);
    for (size_t i = 0; i < list.count; i++)
        kept[i] = list.outputs[i];
    free(list.outputs);
    report->outputs = kept;
    report->output_count = list.count;
}

/* In this order: formats looks at what stands before it. */
static const struct key report_keys[] = {
    {.name = "directory",
     .set = config_set_path,
     .offset = offsetof(struct report_config, directory)},
    {.name = "keep",
     .set = config_set_count,
     .offset = offsetof(struct report_config, keep),
     .min = 0,
     .max = KEEP_MAX},
    {.name = "workloads",
     .set = config_set_bool,
     .offset = offsetof(struct report_config, has_workloads)},
    {.name = "mode", .set = config_set_mode, .offset = offsetof(struct report_config, mode)},
    {.name = "formats", .set = set_formats},
    {.name = NULL},
};

void config_set_report(struct loader *l, const config_setting_t *setting, const struct key *key,
                       void *field)
{
    (void)key;
    if (!config_expect_group(l, setting))
        return;
    struct key_table table = {.keys = report_keys, .target = field};
    config_read_group(l, setting, "report", &table, 1);
}
