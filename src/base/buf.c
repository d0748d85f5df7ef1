#include "rollcall/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

#define FIRST_CAP ((size_t)64)

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->is_over = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void buf_wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->cap);
    buf_free(buf);
}

bool buf_reserve(struct buf *buf, size_t len)
{
    if (len > buf->max)
        return false;
    if (len < buf->cap)
        return true;
    size_t cap = buf->cap > SIZE_MAX / 2 ? SIZE_MAX : buf->cap * 2;
    if (cap < FIRST_CAP)
        cap = FIRST_CAP;
    if (cap > buf->max + 1)
        cap = buf->max + 1;
    if (cap < len + 1)
        cap = len + 1;
    buf->data = mem_resize(buf->data, cap, 1);
    buf->cap = cap;
    buf->data[buf->len] = '\0';
    return true;
}

/* Makes room for `len` bytes more, or notes that they do not fit. */
static bool make_room(struct buf *buf, size_t len)
{
    if (buf->is_over || len > buf->max - buf->len) {
        buf->is_over = true;
        return false;
    }
    return buf_reserve(buf, buf->len + len);
}

bool buf_append(struct buf *buf, const void *data, size_t len)
{
    if (!make_room(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append_str(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        buf->is_over = true;
        return false;
    }
    if (!make_room(buf, (size_t)len))
        return false;
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return true;
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data == NULL ? mem_strdup("") : buf->data;
    buf_init(buf, buf->max);
    return data;
}
