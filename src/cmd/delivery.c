#include "delivery.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/buf.h"
#include "rollcall/mem.h"

/* What a program without wishes of its own gives a file: a new one what the umask leaves, an old
 * one what it has. */
static mode_t default_mode(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return status.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static void add(struct delivery *delivery, const struct render_format *format, const char *path,
                mode_t mode)
{
    delivery->items = mem_resize(delivery->items, delivery->count + 1, sizeof(*delivery->items));
    delivery->items[delivery->count++] =
        (struct delivery_item){.format = format, .path = mem_strdup(path), .mode = mode};
}

static bool set_unknown_format(const char *name, struct error *error)
{
    struct buf names;
    buf_init(&names, 1024);
    for (const char *const *n = render_names(); *n != NULL; n++)
        buf_printf(&names, "%s%s", names.len == 0 ? "" : ", ", *n);
    error_set(error, ERR_INTERNAL, "unknown format \"%s\": there are %s", name, names.data);
    buf_free(&names);
    return false;
}

/* One -f: FORMAT=FILE adds a file, FORMAT alone is the form of -o. */
static bool add_format(struct delivery *delivery, const char *text,
                       const struct render_format **main_format, struct error *error)
{
    size_t len = strcspn(text, "=");
    char *name = mem_copy(text, len);
    const struct render_format *format = render_find(name);
    bool is_known = format != NULL || set_unknown_format(name, error);
    free(name);
    if (!is_known)
        return false;
    if (text[len] == '\0' && *main_format != NULL)
        return error_set(error, ERR_INTERNAL,
                         "two forms for one output: name a file with --format %s=FILE", text);
    if (text[len] == '\0')
        *main_format = format;
    else if (text[len + 1] == '\0')
        return error_set(error, ERR_INTERNAL, "--format %s names no file behind \"=\"", text);
    else
        add(delivery, format, text + len + 1, default_mode(text + len + 1));
    return true;
}

static bool check_twice(const struct delivery *delivery, struct error *error)
{
    for (size_t i = 0; i < delivery->count; i++)
        for (size_t j = 0; j < i; j++)
            if (outfile_is_same(delivery->items[i].path, delivery->items[j].path))
                return error_set(error, ERR_INTERNAL, "two formats would be written to %s",
                                 strcmp(delivery->items[i].path, "-") == 0
                                     ? "standard output"
                                     : delivery->items[i].path);
    return true;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static bool uses_stdout(const struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->count; i++)
        if (strcmp(delivery->items[i].path, "-") == 0)
            return true;
    return false;
}

/* The outputs of the configuration, for a run whose command line names none. */
static void add_configured(struct delivery *delivery, const struct report_config *config,
                           bool is_filtered)
{
    if (is_filtered && config->output_count > 0)
        log_info(delivery->log,
                 "a part of the fleet only: the files of \"formats\" stay as they are");
    for (size_t i = 0; i < config->output_count && !is_filtered; i++)
        add(delivery, render_find(config->outputs[i].format), config->outputs[i].file,
            config->outputs[i].mode);
    delivery->directory = config->directory;
    delivery->keep = config->keep;
    delivery->mode = config->mode;
}

bool delivery_plan(struct delivery *delivery, const struct delivery_request *request,
                   struct error *error)
{
    const struct render_format *json = render_find("json");
    const struct render_format *table = render_find("table");
    const struct render_format *main_format = NULL;
    bool has_terminal = isatty(STDOUT_FILENO) == 1;
    for (size_t i = 0; i < request->formats->count; i++)
        if (!add_format(delivery, request->formats->items[i], &main_format, error))
            return false;
    const char *output = request->output == NULL ? "-" : request->output;
    if (*output == '\0')
        return error_set(error, ERR_INTERNAL, "--output names no file");
    if (request->output != NULL || main_format != NULL)
        add(delivery, main_format == NULL ? json : main_format, output, default_mode(output));
    if (delivery->count == 0)
        add_configured(delivery, request->config, request->is_filtered);
    if (delivery->count == 0 && delivery->directory == NULL && !has_terminal)
        add(delivery, json, "-", 0);
    bool nowhere_else = delivery->count == 0 && delivery->directory == NULL;
    if (has_terminal && !uses_stdout(delivery) && (nowhere_else || !request->is_quiet))
        add(delivery, table, "-", 0);
    for (size_t i = 0; has_terminal && isatty(STDERR_FILENO) == 1 && i < delivery->count; i++)
        if (delivery->items[i].format == table && strcmp(delivery->items[i].path, "-") == 0)
            delivery->shows_table = true;
    if (has_terminal)
        delivery->options.columns = terminal_columns();
    delivery->options.has_color = request->has_color;
    return check_twice(delivery, error);
}

struct output_config *delivery_describe(const struct delivery *delivery,
                                        struct report_config *config)
{
    struct output_config *outputs = mem_new(delivery->count, sizeof(*outputs));
    for (size_t i = 0; i < delivery->count; i++) {
        const struct delivery_item *item = &delivery->items[i];
        bool is_stdout = strcmp(item->path, "-") == 0;
        outputs[i] = (struct output_config){item->format->name,
                                            is_stdout ? "standard output" : item->path, item->mode};
    }
    config->directory = delivery->directory;
    config->outputs = outputs;
    config->output_count = delivery->count;
    return outputs;
}

int delivery_check(const struct delivery *delivery)
{
    struct error error = {0};
    for (size_t i = 0; i < delivery->count; i++)
        if (!outfile_check(delivery->items[i].path, &error)) {
            log_error(delivery->log, "%s", error.text);
            return EXIT_NOT_WRITTEN;
        }
    return EXIT_COMPLETE;
}

int delivery_open(struct delivery *delivery, int64_t wait_ms)
{
    struct error error = {0};
    const struct lock_wait wait = {.wait_ms = wait_ms, .log = delivery->log};
    if (delivery->directory != NULL) {
        switch (store_open(delivery->directory, &wait, &delivery->store, &error)) {
        case LOCK_TAKEN:
            break;
        case LOCK_BUSY:
            log_error(delivery->log, "%s%s", error.text,
                      wait_ms == 0 ? " (--wait SECONDS waits for its end)" : "");
            return EXIT_LOCKED;
        case LOCK_FAILED:
            log_error(delivery->log, "%s", error.text);
            return EXIT_NOT_WRITTEN;
        }
    }
    return delivery_check(delivery);
}

static bool write_directory(struct delivery *delivery, const struct report *report, int64_t time_ms)
{
    struct error error = {0};
    char *path = store_report_path(delivery->store, time_ms, report->selection != NULL);
    bool is_written =
        render_to(report, render_find("json"), &delivery->options, path, delivery->mode, &error) &&
        store_publish(delivery->store, path, delivery->keep, &error);
    if (is_written)
        log_info(delivery->log, "report: %s", path);
    else
        log_error(delivery->log, "%s", error.text);
    free(path);
    return is_written;
}

bool delivery_write(struct delivery *delivery, const struct report *report, int64_t time_ms)
{
    bool is_written = true;
    if (delivery->store != NULL)
        is_written = write_directory(delivery, report, time_ms);
    for (size_t i = 0; i < delivery->count; i++) {
        const struct delivery_item *item = &delivery->items[i];
        const struct render_options plain = {0};
        bool is_stdout = strcmp(item->path, "-") == 0;
        struct error error = {0};
        if (!render_to(report, item->format, is_stdout ? &delivery->options : &plain, item->path,
                       item->mode, &error)) {
            log_error(delivery->log, "%s", error.text);
            is_written = false;
        } else if (!is_stdout) {
            log_info(delivery->log, "%s: %s", item->format->name, item->path);
        }
    }
    return is_written;
}

void delivery_close(struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->count; i++)
        free(delivery->items[i].path);
    free(delivery->items);
    store_close(delivery->store);
    *delivery = (struct delivery){0};
}
