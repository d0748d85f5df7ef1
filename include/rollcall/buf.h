/*
 * A growing byte buffer with a ceiling that is fixed when it is made, so that no peer can make it
 * grow for ever. What would not fit is refused whole and remembered (is_over), and nothing more is
 * taken after it, so that the content is always a beginning of what was appended. The memory is
 * owned by the buffer until buf_free() or buf_take().
 */
#ifndef ROLLCALL_BUF_H
#define ROLLCALL_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NUL-terminated whenever it is not NULL */
    size_t len;
    size_t cap;
    size_t max;
    bool is_over; /* something did not fit; until clear, free, wipe or take */
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);  /* accepts a zeroed struct; leaves it usable with the same max */
void buf_clear(struct buf *buf); /* empties it and keeps the memory */
/* Wipes the memory before freeing it, for secrets. Growing wipes what it leaves behind only in a
 * buffer that was made with buf_reserve() large enough: reserve first, then fill. */
void buf_wipe(struct buf *buf);

/* Makes room for `len` bytes in all; false when that is above the ceiling. */
bool buf_reserve(struct buf *buf, size_t len);
bool buf_append(struct buf *buf, const void *data, size_t len);
bool buf_append_str(struct buf *buf, const char *text);
bool buf_append_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Hands the memory over (free() it) and empties the buffer; never NULL. */
char *buf_take(struct buf *buf);

#endif
