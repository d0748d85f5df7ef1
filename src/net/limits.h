/* What the system lets a process open. */
#ifndef ROLLCALL_LIMITS_H
#define ROLLCALL_LIMITS_H

#include "rollcall/log.h"

/* Raises the soft limit of open files as far as needed and allowed. Returns the concurrency that
 * fits, after a warning when that is less than `wanted`. */
unsigned limits_fit_concurrency(unsigned wanted, const struct log *log);

#endif
