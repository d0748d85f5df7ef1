/*
 * What hostile servers do over HTTP/2, and what has to become of each: http2.c runs them by
 * themselves, hostile_mixed.c among all others.
 */
#ifndef HTTP2_CASES_H
#define HTTP2_CASES_H

#include "lib/e2e.h"

#define HTTP2_CLOSED       "closed the connection without an answer"
#define HTTP2_ENDED        "the connection ended before the answer was whole"
#define HTTP2_STREAM_ENDED "ended the HTTP/2 stream without an answer"

static const struct e2e_case http2_cases[] = {
    {"2-goaway_refused", "http2=yes fault=h2_goaway_refused", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-goaway_error", "http2=yes fault=h2_goaway_error", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-goaway_body", "http2=yes fault=h2_goaway_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-goaway_after", "http2=yes fault=h2_goaway_after projects=3", "ok", NULL, 0, NULL,
     "fault:", 3},
    {"2-refused", "http2=yes fault=h2_refused", "failed", "connect", 0, HTTP2_CLOSED, "fault:", 2},
    {"2-refused_body", "http2=yes fault=h2_refused_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-internal", "http2=yes fault=h2_internal", "failed", "protocol", 0, HTTP2_STREAM_ENDED,
     "fault:", 2},
    {"2-internal_body", "http2=yes fault=h2_internal_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-cancel", "http2=yes fault=h2_cancel", "failed", "protocol", 0, HTTP2_STREAM_ENDED,
     "fault:", 2},
    {"2-cancel_body", "http2=yes fault=h2_cancel_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-calm", "http2=yes fault=h2_calm", "failed", "protocol", 0, HTTP2_STREAM_ENDED, "fault:", 2},
    {"2-calm_body", "http2=yes fault=h2_calm_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-no_error", "http2=yes fault=h2_no_error", "failed", "protocol", 0, HTTP2_STREAM_ENDED,
     "fault:", 2},
    {"2-no_error_body", "http2=yes fault=h2_no_error_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-http11_required", "http2=yes fault=h2_http11_required projects=2", "ok", NULL, 0, NULL,
     "fault:", 3},
    {"2-close", "http2=yes fault=h2_close", "failed", "connect", 0, HTTP2_CLOSED, "fault:", 2},
    {"2-cut_headers", "http2=yes fault=h2_cut_headers", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-cut_body", "http2=yes fault=h2_cut_body", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-cut_frame", "http2=yes fault=h2_cut_frame", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-no_answer", "http2=yes fault=h2_no_answer conf.idle_timeout=1.5", "failed", "timeout", 0,
     "no byte came within the idle_timeout", "fault:", 2},
    {"2-stall_body", "http2=yes fault=h2_stall_body conf.idle_timeout=1.5", "failed", "timeout",
     200, "no byte came within the idle_timeout", "fault:", 2},
    {"2-empty_data", "http2=yes fault=h2_empty_data", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-garbage", "http2=yes fault=h2_garbage", "failed", "connect", 0, HTTP2_CLOSED, "fault:", 2},
    {"2-http1", "http2=yes fault=h2_http1", "failed", "connect", 0, HTTP2_CLOSED, "fault:", 2},
    {"2-large_frame", "http2=yes fault=h2_large_frame", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-push", "http2=yes fault=h2_push", "failed", "connect", 0, HTTP2_CLOSED, "fault:", 2},
    {"2-window_overflow", "http2=yes fault=h2_window_overflow", "failed", "connect", 0,
     HTTP2_CLOSED, "fault:", 2},
    {"2-window_zero", "http2=yes fault=h2_window_zero", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-no_status", "http2=yes fault=h2_no_status", "failed", "protocol", 0, HTTP2_STREAM_ENDED,
     "fault:", 2},
    {"2-settings_flood", "http2=yes fault=h2_settings_flood", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-ping_flood", "http2=yes fault=h2_ping_flood", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-ping_flood_deaf", "http2=yes fault=h2_ping_flood:deaf", "failed", "connect", 0,
     HTTP2_CLOSED, "fault:", 2},
    {"2-early_flood", "http2=yes fault=h2_early_flood", "failed", "connect", 0, HTTP2_CLOSED,
     "fault:", 2},
    {"2-endless_headers", "http2=yes fault=h2_endless_headers", "failed", "connect", 0,
     HTTP2_CLOSED, "fault:", 2},
    {"2-length_more", "http2=yes fault=h2_length_more", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-length_less", "http2=yes fault=h2_length_less", "failed", "truncated", 200, HTTP2_ENDED,
     "fault:", 2},
    {"2-trailers", "http2=yes fault=h2_trailers", "ok", NULL, 0, NULL, "fault:", 1},
    {"2-odd_headers", "http2=yes fault=h2_odd_headers", "failed", "protocol", 0, HTTP2_STREAM_ENDED,
     "fault:", 2},
    /* Without a length, nothing but the JSON shows that the end is missing. */
    {"2-goaway_body-open", "http2=yes fault=h2_goaway_body http2_length=no", "failed", "truncated",
     200, HTTP2_ENDED, "fault:", 2},
    {"2-no_error_body-open", "http2=yes fault=h2_no_error_body http2_length=no", "failed",
     "truncated", 200, HTTP2_ENDED, "fault:", 2},
    {"2-cut_frame-open", "http2=yes fault=h2_cut_frame http2_length=no", "failed", "truncated", 200,
     HTTP2_ENDED, "fault:", 2},
    {"2-large_frame-open", "http2=yes fault=h2_large_frame http2_length=no", "failed", "truncated",
     200, HTTP2_ENDED, "fault:", 2},
    {"2-cut_body-zipped", "http2=yes fault=h2_cut_body gzip=yes http2_length=no", "failed",
     "truncated", 200, HTTP2_ENDED, "fault:", 2},
    /* What HTTP/1 has as well. */
    {"2-bad_json", "http2=yes fault=bad_json", "failed", "bad_json", 200, NULL, "fault:", 1},
    {"2-busy", "http2=yes fault=429:0", "failed", "rate_limited", 429, NULL, "fault:", 2},
    {"2-absent", "http2=yes fault=404", "failed", "not_found", 404, NULL, "fault:", 1},
    {"2-too_large", "http2=yes fault=too_large conf.max_body=\"1M\"", "failed", "too_large", 200,
     NULL, "fault:", 1},
};
#define HTTP2_CASE_COUNT (sizeof http2_cases / sizeof http2_cases[0])

#endif
