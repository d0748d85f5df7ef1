/*
 * The signals that end a run early, and the only global state of the program. SIGTERM, SIGINT and
 * SIGHUP are noted; a second SIGINT ends the process at once with status 130. SIGPIPE and SIGXFSZ
 * are ignored.
 */
#ifndef ROLLCALL_STOP_H
#define ROLLCALL_STOP_H

/* Installs the handlers; false with errno set when that fails. */
#include <stdbool.h>
bool stop_install(void);

/* The first of those signals that came, or 0. */
int stop_signal(void);

/* Its name ("SIGTERM"), or NULL for 0. */
const char *stop_signal_name(int number);

/* A descriptor that becomes readable when a signal came, for poll(); -1 before stop_install(). */
int stop_fd(void);

/* In a child between fork() and exec(): default handlers, nothing blocked. Async-signal-safe. */
void stop_reset_in_child(void);

#endif
