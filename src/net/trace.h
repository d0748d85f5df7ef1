/*
 * What -vvv shows of the wire: a line for each header line and each event that libcurl tells of
 * (name look-up, connection, TLS, reuse), with the remote side's name and the attempt. Bodies are
 * told of by size only. Left out of it, whoever sent them: credentials and cookies, the values of
 * configured headers, user names and passwords in URLs, the queries of redirects, this request's
 * token and secret in any form, and what else a token's issuer says in headers.
 */
#ifndef ROLLCALL_TRACE_H
#define ROLLCALL_TRACE_H

#include <curl/curl.h>

#include "rollcall/buf.h"
#include "rollcall/engine.h"

enum trace_kind { TRACE_EVENT, TRACE_SENT, TRACE_RECEIVED };

/* Appends one line, without its end, as it may be shown: secrets replaced, its length bounded. Not
 * yet printable. `is_rest`: what belongs to the line before. */
void trace_redact(struct request *request, enum trace_kind kind, bool is_rest, const char *line,
                  size_t len, struct buf *out);

/* libcurl's CURLOPT_DEBUGFUNCTION; `arg` is the struct engine_slot. */
int trace_on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *arg);

#endif
