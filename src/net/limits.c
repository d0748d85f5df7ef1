#include "limits.h"

#include <inttypes.h>
#include <sys/resource.h>

/* Descriptors that are not connections: standard streams, spool, outputs, libcurl's own. */
#define RESERVED_FILES 64
/* A connection, a kept one, and what a name look-up in a thread needs. */
#define FILES_PER_SLOT 4

unsigned limits_fit_concurrency(unsigned wanted, const struct log *log)
{
    struct rlimit limit;
    rlim_t needed = RESERVED_FILES + (rlim_t)wanted * FILES_PER_SLOT;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return wanted;
    limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur >= needed)
        return wanted;
    unsigned fits = 1;
    if (limit.rlim_cur > RESERVED_FILES + FILES_PER_SLOT)
        fits = (unsigned)((limit.rlim_cur - RESERVED_FILES) / FILES_PER_SLOT);
    log_warning(log,
                "concurrency is %u instead of %u: only %" PRIu64
                " open files are allowed (raise the hard limit: ulimit -Hn, LimitNOFILE=)",
                fits, wanted, (uint64_t)limit.rlim_cur);
    return fits;
}
