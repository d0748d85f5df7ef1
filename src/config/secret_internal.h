/* Private to src/config: the part of secret.c that starts a process. */
#ifndef ROLLCALL_SECRET_INTERNAL_H
#define ROLLCALL_SECRET_INTERNAL_H

#include <stdbool.h>

#include "rollcall/buf.h"
#include "rollcall/error.h"
#include "rollcall/log.h"

/*
 * Runs the command and appends what it prints to `out`, which is to be reserved in full. False
 * after filling `error` when it fails, prints more than fits, takes longer than `timeout_ms` or a
 * signal ends the run (ERR_INTERRUPTED): then the command's process group is gone.
 */
bool secret_run_command(const char *const *argv, const char *const *hidden_env, int timeout_ms,
                        const struct log *log, struct buf *out, struct error *error);

#endif
