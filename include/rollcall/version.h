/* The one place that names the version. */
#ifndef ROLLCALL_VERSION_H
#define ROLLCALL_VERSION_H

#define ROLLCALL_VERSION "0.1.0"

#endif
