/* Small tools of the library's files. */
#ifndef E2E_INTERNAL_H
#define E2E_INTERNAL_H

#include "e2e.h"

/* Growing bytes, NUL-terminated once anything was added. */
struct e2e_buf {
    char *data;
    size_t len, cap;
};

void e2e_add(struct e2e_buf *buf, const void *data, size_t len);
void e2e_puts(struct e2e_buf *buf, const char *text);
/* A string as the simulator's truth spells it. */
void e2e_quote(struct e2e_buf *buf, const char *data, size_t len);

/* These end the program when memory runs out. */
void *e2e_alloc(size_t size);
char *e2e_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *e2e_build_dir(void);

/* Adds a line to the file $E2E_REACHED, if there is one. */
void e2e_reached(const char *what, const char *which);

#endif
