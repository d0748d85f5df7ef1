/* The clocks. Durations and deadlines use the first, what people read the second. */
#ifndef ROLLCALL_CLOCK_H
#define ROLLCALL_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: never jumps. */
int64_t clock_mono_ms(void);

/* Milliseconds since 1970 UTC of CLOCK_REALTIME. */
int64_t clock_real_ms(void);

/* Milliseconds since the machine started, those it slept included: nothing that runs is older. */
int64_t clock_boot_ms(void);

#endif
