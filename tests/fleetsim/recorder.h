/*
 * answers.log (with --record): every answer as it was decided, in order. Each is one line of JSON,
 * then the bytes of its body after content coding, then a newline:
 *
 *     {"cluster":"eu-1","connection":3,"method":"GET","path":"/a?b","token":"1","served":"200",
 *      "status":200,"headers":[["Content-Type","application/json"]],"length":117}
 *
 * `cluster`, `token` and `served` are as in requests.log; `length` is that of the body, or null for
 * one that is made while it is sent, of which nothing is recorded. A fault of the bytes on the wire
 * is known by `served` alone: the body is the one that it was done to. Safe to call from any
 * thread.
 */
#ifndef FLEETSIM_RECORDER_H
#define FLEETSIM_RECORDER_H

#include "answer.h"

struct recorder;

struct recorder *recorder_open(const char *dir);
void recorder_close(struct recorder *recorder);

/* `recorder` NULL: does nothing. */
void recorder_add(struct recorder *recorder, const char *cluster, const struct question *question,
                  const char *token, const char *served, const struct answer *answer);

#endif
