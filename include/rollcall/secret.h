/*
 * Secrets: where they come from, and the value once read. A value is opaque on purpose: nothing
 * that logs or prints takes it. It is wiped when it is freed.
 */
#ifndef ROLLCALL_SECRET_H
#define ROLLCALL_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/error.h"
#include "rollcall/log.h"

enum secret_kind { SECRET_NONE, SECRET_FILE, SECRET_ENV, SECRET_CREDENTIAL, SECRET_COMMAND };

/* Plain data; all pointers are owned by the configuration. */
struct secret_source {
    enum secret_kind kind;
    const char *value;       /* the file's path, the variable's or the credential's name */
    const char *const *argv; /* the command, NULL-terminated */
    const char *where;       /* "FILE:LINE" of its setting */
};

struct secret; /* owned; secret_free() */

/*
 * Reads the secret, strips one trailing newline, and wipes every copy on the way (a variable's
 * value is wiped in the environment too and the variable removed). Refused: a file that others can
 * read or that group or others can write (the text has the mode found and the command that mends
 * it), an empty value, one that holds NUL, one above 64 KiB, a command that fails or takes longer
 * than `timeout_ms`. `hidden_env` (NULL-terminated, may be NULL) names variables that the command
 * must not inherit; `log` answers a SIGUSR1 while the command runs. Blocks. NULL after filling
 * `error` (ERR_INTERNAL, or ERR_INTERRUPTED when a signal ended the wait for a command); the text
 * does not begin with `where`.
 */
struct secret *secret_read(const struct secret_source *source, const char *const *hidden_env,
                           int timeout_ms, const struct log *log, struct error *error);

/* Everything secret_read() checks that can be checked without reading the value into a run: for a
 * command only that the source is well-formed. */
bool secret_check(const struct secret_source *source, struct error *error);

/* A source in words, without the value: `file /etc/rollcall/secret`, `environment variable X`,
 * `command "pass"`. Owned by the caller. */
char *secret_describe(const struct secret_source *source);

/* The bytes, NUL-terminated; borrowed until secret_free(). */
const char *secret_bytes(const struct secret *secret);
size_t secret_len(const struct secret *secret);

/* Makes a secret of bytes that are already here (the caller wipes its own copy). */
struct secret *secret_from(const void *data, size_t len);

/* Wipes and frees; accepts NULL. */
void secret_free(struct secret *secret);

#endif
