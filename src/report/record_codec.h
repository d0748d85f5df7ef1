/*
 * A record as bytes: its length in four bytes, then every field, the texts that decide its place
 * first. What was encoded can be compared without decoding. Texts are a length plus one in four
 * bytes (0: no value) and their bytes; all integers are big-endian, so that the bytes do not depend
 * on the machine.
 */
#ifndef RECORD_CODEC_H
#define RECORD_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/record.h"

#define RECORD_PREFIX_BYTES 4
#define RECORD_MAX_BYTES    ((size_t)1 << 30)

/* The whole encoding's length, which may be above RECORD_MAX_BYTES: then it cannot be encoded. */
size_t record_encoded_bytes(const struct workload *workload);

/* Writes record_encoded_bytes() bytes. */
void record_encode(const struct workload *workload, unsigned char *out);

/* The whole length of the encoding whose first RECORD_PREFIX_BYTES stand at `data`. */
size_t record_bytes_at(const unsigned char *data);

/* Whether record_compare() can be let loose on an encoding of this whole length. */
bool record_is_comparable(const unsigned char *data, size_t len);

/* Project, name, id, then all the rest bytewise; no value first, shorter first: -1, 0 or 1. */
int record_compare(const unsigned char *a, const unsigned char *b);

/* Room for the lists of the record that was decoded last. */
struct record_decoder {
    struct str *items; /* owned */
    size_t cap;
};

void record_decoder_free(struct record_decoder *decoder);

/* The record borrows `data` and the decoder. False when the bytes are no record. */
bool record_decode(struct record_decoder *decoder, const unsigned char *data, size_t len,
                   struct workload *workload);

#endif
