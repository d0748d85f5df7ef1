/*
 * requests.log: what the fleet was asked and what it did, one line each, tab-separated:
 *
 *     ms since start, cluster ("control" for the control plane), connection number, method, path as
 *     received, token presented (its generation, "none" or "bad"), what was served
 *
 * What was served is a status ("200"), or "fault:NAME", or "closed" for the end of a connection
 * that had no fault of its own. What is no request has "-" for method and path. Safe to call from
 * any thread; a line is written at once and whole.
 */
#ifndef FLEETSIM_REQLOG_H
#define FLEETSIM_REQLOG_H

struct reqlog;

struct reqlog *reqlog_open(const char *dir);
/* Opens another log in the same directory. */
int log_open(const char *dir, const char *name);
void reqlog_close(struct reqlog *log);

void reqlog_add(struct reqlog *log, const char *cluster, unsigned long connection,
                const char *method, const char *path, const char *token, const char *served);

#endif
