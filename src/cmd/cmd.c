#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rollcall/mem.h"
#include "rollcall/version.h"

void cmd_global_rows(struct global_options *global, struct option_row rows[GLOBAL_ROW_COUNT])
{
    const struct option_row table[GLOBAL_ROW_COUNT] = {
        {OPTION_TEXT, "config", 'c', "FILE",
         "the configuration (default: $ROLLCALL_CONFIG, then\n"
         "$XDG_CONFIG_HOME/rollcall/rollcall.conf, then\n/etc/rollcall/rollcall.conf)",
         &global->config},
        {OPTION_COUNT, "verbose", 'v', NULL,
         "say more on stderr; -vvv shows the HTTP headers too,\n"
         "without secrets",
         &global->verbose},
        {OPTION_FLAG, "quiet", 'q', NULL, "only warnings and errors on stderr", &global->is_quiet},
        {OPTION_TEXT, "log-format", '\0', "text|json", "form of the messages on stderr",
         &global->log_format},
        {OPTION_TEXT, "color", '\0', "auto|always|never",
         "colours (auto: on a terminal, unless NO_COLOR is set)", &global->color},
        {OPTION_FLAG, "help", 'h', NULL, "show this help", &global->wants_help},
        {OPTION_FLAG, "version", 'V', NULL, "show the version", &global->wants_version},
        {0},
    };
    memcpy(rows, table, sizeof(table));
}

bool cmd_is_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) == 1 && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

bool cmd_wants_color(const struct global_options *global, int fd)
{
    const char *none = getenv("NO_COLOR");
    if (global->color != NULL && strcmp(global->color, "auto") != 0)
        return strcmp(global->color, "always") == 0;
    return (none == NULL || *none == '\0') && cmd_is_terminal(fd);
}

static void set_up_log(const struct global_options *global, struct log *log)
{
    log->level = global->is_quiet       ? LOG_WARNING
                 : global->verbose == 0 ? LOG_INFO
                 : global->verbose <= 2 ? LOG_DEBUG
                                        : LOG_TRACE;
    log->is_json = global->log_format != NULL && strcmp(global->log_format, "json") == 0;
    log->has_color = cmd_wants_color(global, STDERR_FILENO);
}

static bool check_global(const struct global_options *global, struct error *error)
{
    const char *format = global->log_format;
    const char *color = global->color;
    if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return error_set(error, ERR_INTERNAL, "--log-format is text or json, not \"%s\"", format);
    if (color != NULL && strcmp(color, "auto") != 0 && strcmp(color, "always") != 0 &&
        strcmp(color, "never") != 0)
        return error_set(error, ERR_INTERNAL, "--color is auto, always or never, not \"%s\"",
                         color);
    return true;
}

static void print_help(const struct command_help *help, const struct option_row *own,
                       const struct option_row *global_rows)
{
    printf("Usage: %s\n\n%s\n", help->usage, help->description);
    if (own->kind != OPTION_END) {
        printf("\nOptions:\n");
        options_print(own, stdout);
    }
    printf("\nGlobal options:\n");
    options_print(global_rows, stdout);
    printf("\n%s\n", help->example);
}

/* One table of the command's own rows and the global ones; owned by the caller. */
static struct option_row *join_rows(const struct option_row *own, const struct option_row *global)
{
    size_t count = 0;
    while (own[count].kind != OPTION_END)
        count++;
    struct option_row *rows = mem_new(count + GLOBAL_ROW_COUNT, sizeof(*rows));
    memcpy(rows, own, count * sizeof(*rows));
    memcpy(rows + count, global, GLOBAL_ROW_COUNT * sizeof(*rows));
    return rows;
}

int cmd_flush(const struct log *log)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_COMPLETE;
    log_error(log, "cannot write standard output%s%s", errno == 0 ? "" : ": ",
              errno == 0 ? "" : strerror(errno));
    return EXIT_NOT_WRITTEN;
}

int cmd_print_version(const struct log *log)
{
    printf("rollcall %s\n", ROLLCALL_VERSION);
    return cmd_flush(log);
}

bool cmd_parse(const struct command_help *help, const struct option_row *own,
               struct global_options *global, int argc, char **argv, struct log *log, int *status)
{
    struct error error = {0};
    struct option_row global_rows[GLOBAL_ROW_COUNT];
    cmd_global_rows(global, global_rows);
    struct option_row *rows = join_rows(own, global_rows);
    int first = options_parse(rows, argc, argv, false, &error);
    free(rows);
    set_up_log(global, log);
    if (first >= 0 && global->wants_help) {
        print_help(help, own, global_rows);
        *status = cmd_flush(log);
        return false;
    }
    if (first >= 0 && global->wants_version) {
        *status = cmd_print_version(log);
        return false;
    }
    if (first >= 0 && first < argc)
        error_set(&error, ERR_INTERNAL, "unexpected argument \"%s\"", argv[first]);
    else if (first >= 0 && check_global(global, &error))
        return true;
    log_error(log, "%s (see %s --help)", error.text, argv[0]);
    *status = EXIT_USAGE;
    return false;
}
