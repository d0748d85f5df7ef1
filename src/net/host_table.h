/*
 * The hosts that are asked: what a connection can serve is one host. Clusters of one host and port
 * that differ in address, trust or certificate are hosts of their own, kept apart (share.h).
 */
#ifndef ROLLCALL_HOST_TABLE_H
#define ROLLCALL_HOST_TABLE_H

#include "engine_internal.h"

struct host_table;

struct host_table *host_table_new(void);
void host_table_free(struct host_table *table); /* accepts NULL */

/* Finds or makes the host of a URL that is asked with these options (borrowed); it lives as long as
 * the table. */
struct engine_host *host_table_find(struct host_table *table, const char *url,
                                    const struct endpoint_options *options);

#endif
