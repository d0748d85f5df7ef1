/*
 * The signals, and the only global state of the program. SIGTERM, SIGINT and SIGHUP end a run
 * early: they are noted; a second SIGINT ends the process at once with status 130. SIGUSR1 asks
 * what is going on. SIGPIPE and SIGXFSZ are ignored. A signal that was ignored at the start stays
 * ignored, as under nohup(1).
 */
#ifndef ROLLCALL_STOP_H
#define ROLLCALL_STOP_H

#include <stdbool.h>

/* Installs the handlers; false with errno set when that fails. */
bool stop_install(void);

/* The first of those signals that came, or 0. */
int stop_signal(void);

/* Its name ("SIGTERM"), or NULL for 0. */
const char *stop_signal_name(int number);

/* Whether SIGUSR1 came since the last call, once or often. */
bool stop_take_inquiry(void);

/* A descriptor for poll(); -1 before stop_install(). It is readable for good once a signal to stop
 * came, and from a SIGUSR1 on until stop_take_inquiry(): whoever polls it calls that. */
int stop_fd(void);

/* In a child between fork() and exec(): default handlers, nothing blocked. Async-signal-safe. */
void stop_reset_in_child(void);

#endif
