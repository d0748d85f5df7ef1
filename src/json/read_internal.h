/*
 * What the parts of json_read share: the compiled paths and the scanner that looks at the bytes
 * before yajl does.
 */
#ifndef JSON_READ_INTERNAL_H
#define JSON_READ_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/json_read.h"

/* A step of a path. Siblings are the members of one object that anybody asked for. */
struct json_node {
    const char *key; /* owned by the paths' arena; NULL for elements and the document */
    size_t len;
    int id; /* -1: not a row of its own */
    unsigned index;
    struct json_node *members;
    struct json_node *next;
    struct json_node *element;
};

const struct json_node *json_paths_root(const struct json_paths *paths);

/* The node of a member, or NULL when nobody asked for it. */
const struct json_node *json_node_member(const struct json_node *node, const char *key, size_t len);
bool json_node_has_key(const struct json_node *node, const char *key, size_t len);

/* All nodes of the paths have an index below this. */
size_t json_paths_count(const struct json_paths *paths);

#define JSON_TOKEN_MAX ((size_t)1 << 20)

/* An escape is two surrogates at most; a piece must be longer, or nothing would ever be taken. */
#define JSON_ESCAPE_MAX 12

/* Zeroed at the start of a document. */
struct json_scan {
    bool is_in_string;
    size_t token_len; /* bytes of the unfinished token so far, quotes not counted */
    bool has_first;
    char first; /* the first byte that is not white space */
};

struct json_scanned {
    size_t taken;   /* bytes dealt with; the rest is the start of an escape: present it again */
    size_t out_len; /* what the bytes taken have become, at the front of the piece */
    bool is_over;   /* the token that goes on here is too large */
    bool is_ascii;  /* all of what the bytes have become */
};

/*
 * Walks over the document's next bytes and does what yajl cannot: finds tokens that are too large
 * before yajl buffers them, and rewrites, in place, each lone surrogate escape to the byte 0xFF,
 * which no UTF-8 holds, so that the repair of UTF-8 deals with both. Form feeds and vertical tabs
 * between tokens, which yajl skips, become a byte that it refuses (RFC 8259, section 2). Escapes
 * that are no escapes are left for yajl to refuse. `is_last`: no more bytes will follow, so
 * everything is taken.
 */
struct json_scanned json_scan_piece(struct json_scan *scan, char *data, size_t len, bool is_last);

#endif
