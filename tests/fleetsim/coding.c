#include "coding.h"

#include <string.h>

#include "checksum.h"
#include "control.h"

#define BOMB_BYTES  (1u << 30)
#define RUN_MIN     1024u /* shorter ones are stored */
#define MATCH_BYTES 258u
#define DEEP_LAYERS 12

/* RFC 1951: bits fill bytes from the lowest one on. */
struct deflate {
    struct text out;
    unsigned bits, count;
};

static void put_bits(struct deflate *deflate, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        deflate->bits |= (value >> i & 1u) << deflate->count;
        if (++deflate->count == 8) {
            const char byte = (char)deflate->bits;
            text_add(&deflate->out, &byte, 1);
            deflate->bits = deflate->count = 0;
        }
    }
}

/* Huffman codes go in with their highest bit first. */
static void put_code(struct deflate *deflate, const char *digits)
{
    for (; *digits != '\0'; digits++)
        put_bits(deflate, *digits == '1', 1);
}

static void add_le(struct text *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        text_add(out, &(char){(char)(value & 0xff)}, 1);
}

static void put_stored(struct deflate *deflate, const char *data, size_t len, bool is_last)
{
    do {
        size_t part = len < 65535 ? len : 65535;
        put_bits(deflate, is_last && part == len, 1);
        put_bits(deflate, 0, 2);
        if (deflate->count > 0)
            put_bits(deflate, 0, 8 - deflate->count);
        add_le(&deflate->out, (uint32_t)part, 2);
        add_le(&deflate->out, (uint32_t)part ^ 0xffff, 2);
        text_add(&deflate->out, data, part);
        data += part;
        len -= part;
    } while (len > 0);
}

/* So many zeros in the table of code lengths, by its symbol 18. */
static void put_zeros(struct deflate *deflate, unsigned count)
{
    while (count > 0) {
        unsigned part = count > 138 ? 138 : count;
        put_code(deflate, "0");
        put_bits(deflate, part - 11, 7);
        count -= part;
    }
}

/*
 * A block of one byte over and over. Its codes are made for that: one bit says "258 bytes more",
 * one says "as the byte before", so that a thousand bytes take one. The byte is NUL or above 10,
 * the count one more than a multiple of 258.
 */
static void put_run(struct deflate *deflate, unsigned char byte, size_t count)
{
    /* The lengths of the codes for code lengths: 1 for symbol 18, 2 for the symbols 1 and 2. */
    static const unsigned char lengths[18] = {[2] = 1, [15] = 2, [17] = 2};
    put_bits(deflate, 0, 1);
    put_bits(deflate, 2, 2);
    put_bits(deflate, 286 - 257, 5);
    put_bits(deflate, 1 - 1, 5);
    put_bits(deflate, 18 - 4, 4);
    for (size_t i = 0; i < 18; i++)
        put_bits(deflate, lengths[i], 3);
    put_zeros(deflate, byte);
    put_code(deflate, "11"); /* the byte's code has two bits: 10 */
    put_zeros(deflate, 255u - byte);
    put_code(deflate, "11"); /* the end's too: 11 */
    put_zeros(deflate, 28);
    put_code(deflate, "10"); /* the longest match's has one: 0 */
    put_code(deflate, "10"); /* and the distance 1's: 0 */
    put_code(deflate, "10");
    for (size_t i = 1; i < count; i += MATCH_BYTES)
        put_bits(deflate, 0, 2);
    put_code(deflate, "11");
}

static void begin_gzip(struct deflate *deflate)
{
    *deflate = (struct deflate){0};
    text_add(&deflate->out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
}

static size_t run_len(const struct text *content, size_t at)
{
    size_t end = at;
    while (end < content->len && content->data[end] == content->data[at])
        end++;
    return end - at;
}

/* RFC 1952; runs of NUL, of which bombs are made, are compressed, all else is stored. */
void coding_gzip(struct text *content)
{
    struct deflate deflate;
    begin_gzip(&deflate);
    size_t stored = 0;
    for (size_t at = 0; at < content->len;) {
        size_t len = run_len(content, at);
        if (content->data[at] == '\0' && len >= RUN_MIN) {
            size_t run = (len - 1) / MATCH_BYTES * MATCH_BYTES + 1;
            put_stored(&deflate, content->data + stored, at - stored, false);
            put_run(&deflate, 0, run);
            stored = at + run;
        }
        at += len;
    }
    put_stored(&deflate, content->data + stored, content->len - stored, true);
    add_le(&deflate.out, checksum_crc32(content->data, content->len), 4);
    add_le(&deflate.out, (uint32_t)content->len, 4);
    text_free(content);
    *content = deflate.out;
}

/* The content with a gigabyte of blanks behind its first byte, about a megabyte of gzip. The check
 * behind it is wrong: nobody is to get so far. */
static void gzip_bomb(struct text *content)
{
    struct deflate deflate;
    begin_gzip(&deflate);
    put_stored(&deflate, content->data, 1, false);
    put_run(&deflate, ' ', BOMB_BYTES / MATCH_BYTES * MATCH_BYTES + 1);
    put_stored(&deflate, content->data + 1, content->len - 1, true);
    add_le(&deflate.out, 0, 8);
    text_free(content);
    *content = deflate.out;
}

/* RFC 1950 around stored blocks. */
static void zlib(struct text *content)
{
    struct deflate deflate = {0};
    text_add(&deflate.out, "\x78\x01", 2);
    put_stored(&deflate, content->data, content->len, true);
    uint32_t sum = checksum_adler32(content->data, content->len);
    for (int shift = 24; shift >= 0; shift -= 8)
        text_add(&deflate.out, &(char){(char)(sum >> shift)}, 1);
    text_free(content);
    *content = deflate.out;
}

/* RFC 8878: a frame with a window of 128 KiB, whose size is not said. */
static void begin_zstd(struct text *out)
{
    text_add(out, "\x28\xb5\x2f\xfd\x00\x38", 6);
}

static void zstd_block(struct text *out, bool is_run, bool is_last, const char *data, size_t len)
{
    add_le(out, (uint32_t)len << 3 | (is_run ? 2u : 0u) | (is_last ? 1u : 0u), 3);
    text_add(out, data, is_run ? 1 : len);
}

static void zstd(struct text *content, size_t blanks)
{
    struct text out = {0};
    const size_t most = 65536;
    begin_zstd(&out);
    zstd_block(&out, false, false, content->data, 1);
    for (size_t done = 0; done < blanks; done += most)
        zstd_block(&out, true, false, " ", most);
    for (size_t at = 1; at < content->len; at += most) {
        size_t len = content->len - at < most ? content->len - at : most;
        zstd_block(&out, false, at + len == content->len, content->data + at, len);
    }
    text_free(content);
    *content = out;
}

/* RFC 7932: uncompressed meta-blocks, and an empty last one. */
static void brotli(struct text *content)
{
    struct deflate bits = {0};
    const size_t most = 65536;
    put_bits(&bits, 0, 1); /* a window of 64 KiB */
    for (size_t at = 0; at < content->len; at += most) {
        size_t len = content->len - at < most ? content->len - at : most;
        put_bits(&bits, 0, 3); /* not the last; four digits of length */
        put_bits(&bits, (unsigned)len - 1, 16);
        put_bits(&bits, 1, 1); /* uncompressed */
        put_bits(&bits, 0, bits.count == 0 ? 0 : 8 - bits.count);
        text_add(&bits.out, content->data + at, len);
    }
    put_bits(&bits, 3, 8);
    text_free(content);
    *content = bits.out;
}

enum coding {
    CODING_GZIP,
    CODING_GZIP_CUT,
    CODING_GZIP_NO_CHECK,
    CODING_GZIP_BAD_CHECK,
    CODING_GZIP_BAD_BLOCK,
    CODING_GZIP_BOMB,
    CODING_ZLIB,
    CODING_ZSTD,
    CODING_ZSTD_CUT,
    CODING_ZSTD_BAD,
    CODING_ZSTD_BOMB,
    CODING_BROTLI,
    CODING_BROTLI_BAD,
    CODING_PLAIN
};

static const struct {
    const char *name, *class;
    enum coding coding;
    const char *header;
    unsigned layers; /* of gzip around it */
} codings[] = {
    {"gzip", NULL, CODING_GZIP, "gzip", 0},
    {"x_gzip", NULL, CODING_GZIP, "x-gzip", 0},
    {"deflate", NULL, CODING_ZLIB, "deflate", 0},
    {"zstd", NULL, CODING_ZSTD, "zstd", 0},
    {"br", NULL, CODING_BROTLI, "br", 0},
    {"identity", NULL, CODING_PLAIN, "identity", 0},
    {"twice", NULL, CODING_GZIP, "gzip, gzip", 1},
    {"mixed", NULL, CODING_ZSTD, "zstd, gzip", 1},
    {"deep", "protocol", CODING_GZIP, "gzip", DEEP_LAYERS},
    {"gzip_cut", "bad_json", CODING_GZIP_CUT, "gzip", 0},
    {"gzip_no_check", NULL, CODING_GZIP_NO_CHECK, "gzip", 0},
    {"gzip_bad_check", "protocol", CODING_GZIP_BAD_CHECK, "gzip", 0},
    {"gzip_broken", "protocol", CODING_GZIP_BAD_BLOCK, "gzip", 0},
    {"gzip_not", "protocol", CODING_PLAIN, "gzip", 0},
    {"zstd_cut", "bad_json", CODING_ZSTD_CUT, "zstd", 0},
    {"zstd_broken", "protocol", CODING_ZSTD_BAD, "zstd", 0},
    {"br_broken", "protocol", CODING_BROTLI_BAD, "br", 0},
    {"unknown", "protocol", CODING_PLAIN, "rot13", 0},
    {"gzip_bomb", "too_large", CODING_GZIP_BOMB, "gzip", 0},
    {"zstd_bomb", "too_large", CODING_ZSTD_BOMB, "zstd", 0},
    {"bomb_in_bombs", "too_large", CODING_GZIP_BOMB, "gzip, gzip, gzip", 2},
};

bool coding_find(const char *name, struct fault *fault)
{
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
        if (strcmp(codings[i].name, name) == 0) {
            fault->number = (long)i;
            fault->class = codings[i].class;
            return true;
        }
    return false;
}

static void encode(struct text *content, enum coding coding)
{
    switch (coding) {
    case CODING_GZIP:
        coding_gzip(content);
        break;
    case CODING_GZIP_CUT:
        coding_gzip(content);
        content->len /= 2;
        break;
    case CODING_GZIP_NO_CHECK:
        coding_gzip(content);
        content->len -= 8;
        break;
    case CODING_GZIP_BAD_CHECK:
        coding_gzip(content);
        content->data[content->len - 8] ^= 1;
        break;
    case CODING_GZIP_BAD_BLOCK:
        coding_gzip(content);
        content->data[10] = 7; /* a last block of the type that there is none of */
        break;
    case CODING_GZIP_BOMB:
        gzip_bomb(content);
        break;
    case CODING_ZLIB:
        zlib(content);
        break;
    case CODING_ZSTD:
        zstd(content, 0);
        break;
    case CODING_ZSTD_CUT:
        zstd(content, 0);
        content->len /= 2;
        break;
    case CODING_ZSTD_BAD:
        zstd(content, 0);
        content->data[6] |= 6; /* a block of the type that is reserved */
        break;
    case CODING_ZSTD_BOMB:
        zstd(content, BOMB_BYTES);
        break;
    case CODING_BROTLI:
        brotli(content);
        break;
    case CODING_BROTLI_BAD:
        brotli(content);
        content->data[0] = (char)0xff;
        break;
    case CODING_PLAIN:
        break;
    }
}

void coding_apply(struct answer *answer, const struct fault *fault)
{
    size_t which = (size_t)fault->number;
    if (answer->stream != NULL)
        die("coding:%s: the answer is too large to be encoded", codings[which].name);
    struct text header = {0};
    encode(&answer->content, codings[which].coding);
    text_puts(&header, codings[which].header);
    for (unsigned i = 0; i < codings[which].layers; i++) {
        coding_gzip(&answer->content);
        /* Those of "deep" are too many to be written out. */
        if (codings[which].layers == DEEP_LAYERS)
            text_puts(&header, ", gzip");
    }
    answer_header(answer, "Content-Encoding", header.data);
    text_free(&header);
}
