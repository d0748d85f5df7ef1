/* Wakes suspended connections when their time has come. One thread of its own. */
#ifndef FLEETSIM_TIMERS_H
#define FLEETSIM_TIMERS_H

#include <microhttpd.h>

struct timers;

struct timers *timers_new(void);
/* Suspends the connection and resumes it after a delay; does nothing once timers_stop() was called.
 */
void timers_suspend(struct timers *timers, struct MHD_Connection *connection, long delay_ms);
/* Resumes all at once. */
void timers_stop(struct timers *timers);
void timers_free(struct timers *timers);

#endif
