#include <poll.h>

#include "rollcall/clock.h"
#include "rollcall/lockfile.h"
#include "rollcall/stop.h"

/* How often the lock is tried. Waiting in flock() itself would need a signal to end it. */
#define TRY_MS 100

static double seconds(int64_t ms)
{
    return (double)ms / 1000.0;
}

/* Sleeps until the next try; a signal ends that at once. */
static void pause_ms(int64_t ms)
{
    struct pollfd signals = {.fd = stop_fd(), .events = POLLIN};
    (void)poll(&signals, 1, ms < TRY_MS ? (int)ms : TRY_MS);
}

enum lock_result lockfile_wait(const char *path, const struct lock_wait *wait,
                               struct lockfile **lock, struct error *error)
{
    int64_t started_ms = clock_mono_ms();
    for (bool was_said = false;; was_said = true) {
        enum lock_result result = lockfile_take(path, clock_real_ms() / 1000, lock, error);
        if (result != LOCK_BUSY || wait->wait_ms <= 0)
            return result;
        int64_t waited_ms = clock_mono_ms() - started_ms;
        if (stop_signal() != 0) {
            error_prefix(error, "interrupted by %s while waiting", stop_signal_name(stop_signal()));
            return LOCK_BUSY;
        }
        if (waited_ms >= wait->wait_ms) {
            error_prefix(error, "after waiting for %g s", seconds(wait->wait_ms));
            return LOCK_BUSY;
        }
        if (!was_said)
            log_info(wait->log, "waiting for %g s at most: %s", seconds(wait->wait_ms),
                     error->text);
        if (stop_take_inquiry())
            log_notice(wait->log, "waiting for the lock since %.1f s, of %g s at most: %s",
                       seconds(waited_ms), seconds(wait->wait_ms), error->text);
        pause_ms(wait->wait_ms - waited_ms);
    }
}
