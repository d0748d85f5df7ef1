#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/text.h"

void fuzz_require(bool holds, const char *condition, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return *input->data++;
}

uint64_t fuzz_number(struct fuzz_input *input)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | fuzz_byte(input);
    return number;
}

char *fuzz_line(struct fuzz_input *input)
{
    const uint8_t *end = input->len == 0 ? NULL : memchr(input->data, '\n', input->len);
    size_t len = end == NULL ? input->len : (size_t)(end - input->data);
    char *line = mem_copy(input->data, len);
    if (end != NULL)
        len++;
    input->data += len;
    input->len -= len;
    return line;
}

void fuzz_require_printable(const char *data, size_t len)
{
    struct buf again;
    buf_init(&again, 16 * len + 16);
    text_printable(data, len, &again);
    REQUIRE(text_is_utf8(data, len));
    REQUIRE(again.len == len && (len == 0 || memcmp(again.data, data, len) == 0));
    buf_free(&again);
}

void fuzz_require_error(const struct error *error)
{
    REQUIRE(error->class > ERR_NONE && error->class < ERR_CLASS_COUNT);
    REQUIRE(memchr(error->text, '\0', sizeof error->text) != NULL && error->text[0] != '\0');
    fuzz_require_printable(error->text, strlen(error->text));
}
