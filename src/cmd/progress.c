#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "rollcall/clock.h"

#define REDRAW_MS 100

static void put(const char *text, int len)
{
    /* A progress line that cannot be drawn is nothing to fail for. */
    if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
        return;
}

void progress_show(struct progress *progress, const struct collect_progress *state)
{
    char line[160];
    int64_t now_ms = clock_mono_ms();
    if (!progress->is_on || (progress->is_shown && now_ms - progress->shown_at_ms < REDRAW_MS))
        return;
    int len =
        snprintf(line, sizeof(line), "\r\033[K%zu/%zu answered, %zu failed, %u running, %.1f s",
                 state->answered, state->total, state->failed, state->running,
                 (double)(now_ms - progress->started_ms) / 1000.0);
    put(line, len);
    progress->is_shown = true;
    progress->shown_at_ms = now_ms;
}

void progress_clear(void *arg)
{
    struct progress *progress = arg;
    if (progress->is_shown)
        put("\r\033[K", 4);
    progress->is_shown = false;
}
