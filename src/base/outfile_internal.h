/* Where an output file goes: what outfile.c writes and outfile_target.c finds out. */
#ifndef ROLLCALL_OUTFILE_INTERNAL_H
#define ROLLCALL_OUTFILE_INTERNAL_H

#include <stdbool.h>

#include "rollcall/error.h"

enum target_kind {
    TARGET_STDOUT,
    TARGET_DIRECT,   /* exists and is no regular file: written as it is */
    TARGET_REPLACED, /* a regular file or nothing yet: replaced by rename */
};

struct outfile_target {
    char *path;      /* owned; symbolic links resolved */
    char *directory; /* owned; the path's */
    char *shown;     /* owned; the path as the user gave it, for messages */
    enum target_kind kind;
};

/* Finds what `path` stands for; false after filling `error` when no file could be made there. What
 * was found is freed by outfile_target_free() in either case. */
bool outfile_target_find(struct outfile_target *target, const char *path, struct error *error);
void outfile_target_free(struct outfile_target *target);

/* The directory part of a path ("." when it has none); free() it. */
char *outfile_directory_of(const char *path);

/* ".NAME." for a path that ends in NAME, which is cut so that a temporary's name is a valid one;
 * free() it. */
char *outfile_temp_prefix(const char *path);

#endif
