/*
 * Files that appear whole or not at all. What is written goes to a temporary file in the target's
 * directory (".NAME.XXXXXX.tmp"); outfile_commit() syncs it, renames it over the target and syncs
 * the directory. Until then readers see the previous file. The temporary is locked (flock) while
 * its writer lives, so that a later writer of the same target removes what a killed one left behind
 * and nothing else. A path of "-" is standard output: written as it comes, and flushed by the
 * commit. A target that exists and is no regular file (/dev/null, a FIFO) is written directly as
 * well.
 */
#ifndef ROLLCALL_OUTFILE_H
#define ROLLCALL_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rollcall/error.h"

struct outfile;

/* Opens; the file will have exactly `mode`, whatever the umask. NULL after filling `error`
 * (ERR_INTERNAL; the text names the file and the cause). */
struct outfile *outfile_open(const char *path, mode_t mode, struct error *error);

/* As much as is written at a time: a whole number of pages, which the page cache takes faster the
 * more it gets at once. */
#define OUTFILE_BLOCK_BYTES ((size_t)256 * 1024)

/* Buffers and writes; whole blocks are not copied if all before them was whole blocks too; a
 * failure is kept and reported by outfile_commit(). Returns false from the first failure on, so
 * that a long writer can stop early. */
bool outfile_write(struct outfile *file, const void *data, size_t len);

/* Puts the file in its place. Frees `file` in any case; on failure the target is untouched and the
 * temporary is gone. */
bool outfile_commit(struct outfile *file, struct error *error);

/* Removes the temporary and frees; accepts NULL. */
void outfile_abort(struct outfile *file);

/* Whether a file could be made at `path` (its directory exists and may be written), before hours of
 * work are spent; false after filling `error`. */
bool outfile_check(const char *path, struct error *error);

/* Whether two paths name the same target, however they are spelt. */
bool outfile_is_same(const char *a, const char *b);

/* Removes temporaries in `directory` whose names begin with `prefix` and that no living writer
 * holds. Failures are ignored: it is housekeeping. */
void outfile_sweep(const char *directory, const char *prefix);

/* Makes `link_path` a symbolic link to `target`, replacing what it was by rename. */
bool outfile_swap_link(const char *link_path, const char *target, struct error *error);

#endif
