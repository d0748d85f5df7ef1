/*
 * What keeps a host apart: addresses and connections that serve its requests only. libcurl lets all
 * transfers of a multi handle use the addresses that one of them was given, and tells connections
 * apart by the host's name and port, whatever the address they lead to and whoever vouches for it.
 */
#ifndef ROLLCALL_SHARE_H
#define ROLLCALL_SHARE_H

#include "engine_internal.h"

/* Notes a transfer of the host, and makes its share if it is to have one and has none; false after
 * filling `error`. Either way, share_leave() has to follow. */
bool share_join(struct engine_host *host, struct error *error);

/* The transfer's handle is gone. With the last one the share ends, and its connections with it,
 * unless another transfer is next: what waits for long keeps no descriptor. */
void share_leave(struct engine_host *host, bool is_next);

#endif
