/*
 * The report directory: "report-<UTC time>.json", "latest.json" (a symbolic link, swapped last) and
 * "lock". The report of a filtered run is "report-<UTC time>-filtered.json" and never becomes
 * latest.json. Of each sort only the newest `keep` stay, never without the one that latest.json
 * names.
 */
#ifndef ROLLCALL_STORE_H
#define ROLLCALL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/error.h"
#include "rollcall/lockfile.h"

struct store;

/* Whether a report could be written there, before anything is done; false after filling `error`. */
bool store_check(const char *directory, struct error *error);

/* Takes the lock and sweeps what dead runs left. Like lockfile_wait(). `directory` is borrowed. */
enum lock_result store_open(const char *directory, const struct lock_wait *wait,
                            struct store **store, struct error *error);
/* Releases the lock and frees; accepts NULL. */
void store_close(struct store *store);

/* The path for a report of this time that is not taken yet; owned by the caller. `is_filtered`: it
 * is of a part of the fleet only. */
char *store_report_path(const struct store *store, int64_t time_ms, bool is_filtered);

/* After the report was written to `path`, which store_report_path() gave: swaps latest.json, unless
 * the report is a filtered one, and removes reports of its sort beyond `keep` (0: keeps all). False
 * after filling `error` when the link could not be swapped. */
bool store_publish(struct store *store, const char *path, unsigned keep, struct error *error);

#endif
