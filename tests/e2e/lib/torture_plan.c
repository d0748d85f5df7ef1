/* Torture: what can befall each function. */
#include <errno.h>
#include <stdlib.h>

#include "e2e_internal.h"
#include "torture_internal.h"

#define MAX_ERRORS 7

/* Functions that are not here are left alone: nobody asks how ioctl(TIOCGWINSZ) ends. */
static const struct plan {
    enum torture_function function;
    bool is_interruptible; /* EINTR is documented */
    bool moves_bytes;      /* and may move fewer than asked for */
    bool goes_on;          /* the trouble may last: a disk that is full, a limit that is reached */
    int errors[MAX_ERRORS];
} plans[] = {
    {TORTURE_open, true, false, true, {EACCES, EMFILE, ENFILE, ENOENT, EROFS, EIO, ENOSPC}},
    {TORTURE_openat, true, false, true, {EACCES, EMFILE}},
    {TORTURE_mkostemps, true, false, true, {EACCES, EMFILE, ENOSPC, EDQUOT, EROFS, ENOENT, EIO}},
    {TORTURE_fopen, false, false, true, {EACCES, EMFILE, ENOENT}},
    {TORTURE_opendir, false, false, true, {EACCES, EMFILE, ENOENT}},
    {TORTURE_readdir, false, false, true, {EIO, ENOENT}},
    {TORTURE_read, true, true, true, {EIO}},
    {TORTURE_pread, true, true, true, {EIO}},
    {TORTURE_write, true, true, true, {ENOSPC, EDQUOT, EIO, EFBIG}},
    {TORTURE_pwrite, true, true, true, {ENOSPC, EDQUOT, EIO, EFBIG}},
    {TORTURE_fsync, true, false, true, {EIO, ENOSPC, EDQUOT}},
    {TORTURE_rename, false, false, true, {EIO, ENOSPC, EACCES, ENOENT, EROFS, EDQUOT}},
    {TORTURE_symlink, false, false, true, {ENOSPC, EPERM, EROFS, EIO, EACCES, ENOENT}},
    {TORTURE_unlink, false, false, true, {EACCES, EROFS, EIO}},
    {TORTURE_unlinkat, false, false, true, {EACCES, EROFS, EIO}},
    {TORTURE_readlink, false, false, true, {EIO, EACCES, ENOENT}},
    {TORTURE_ftruncate, true, false, true, {EIO, ENOSPC}},
    {TORTURE_fallocate, true, false, true, {EOPNOTSUPP, ENOSPC, EIO}},
    {TORTURE_close, true, false, true, {EIO, ENOSPC, EDQUOT}},
    {TORTURE_stat, false, false, true, {EACCES, EIO, ENOENT}},
    {TORTURE_lstat, false, false, true, {EACCES, EIO, ENOENT}},
    {TORTURE_fstat, false, false, true, {EIO, ENOMEM}},
    {TORTURE_fstatat, false, false, true, {EACCES, EIO}},
    {TORTURE_fchmod, false, false, true, {EPERM, EIO, EROFS}},
    {TORTURE_flock, true, false, true, {ENOLCK, EIO}},
    {TORTURE_access, false, false, true, {EACCES, ENOENT}},
    {TORTURE_faccessat, false, false, true, {EACCES, EROFS, ENOENT}},
    {TORTURE_fcntl, false, false, true, {EMFILE, EINVAL}},
    {TORTURE_dup2, false, false, true, {EMFILE, EBUSY}},
    {TORTURE_pipe2, false, false, true, {EMFILE, ENFILE}},
    {TORTURE_fork, false, false, true, {EAGAIN, ENOMEM}},
    {TORTURE_setpgid, false, false, true, {EPERM}},
    {TORTURE_execvpe, false, false, true, {ENOENT, EACCES, ETXTBSY, ENOMEM}},
    {TORTURE_waitpid, true, false, true, {ECHILD}},
    {TORTURE_poll, true, false, false, {ENOMEM}},
    {TORTURE_getrandom, false, false, true, {ENOSYS, EAGAIN}},
    {TORTURE_gethostname, false, false, true, {ENAMETOOLONG}},
    {TORTURE_getrlimit, false, false, true, {EPERM}},
    {TORTURE_setrlimit, false, false, true, {EPERM}},
    {TORTURE_sigaction, false, false, true, {EINVAL}},
    {TORTURE_socket, false, false, true, {EMFILE, ENFILE, ENOBUFS, EACCES}},
    {TORTURE_socketpair, false, false, true, {EMFILE}},
    {TORTURE_connect, false, false, true, {ECONNREFUSED, ENETUNREACH, EACCES, EADDRNOTAVAIL}},
    {TORTURE_send, true, true, true, {EPIPE, ECONNRESET, ENOBUFS}},
    {TORTURE_recv, true, true, true, {ECONNRESET, EIO}},
    {TORTURE_getsockopt, false, false, true, {ENOPROTOOPT}},
    {TORTURE_setsockopt, false, false, true, {ENOPROTOOPT}},
    {TORTURE_getsockname, false, false, true, {ENOTCONN}},
    {TORTURE_getpeername, false, false, true, {ENOTCONN}},
};

struct tally {
    size_t strikes, wrong;
};

static void strike(struct torture_scene *scene, const struct plan *plan, enum torture_mode mode,
                   int error, uint32_t nth, struct tally *tally)
{
    const struct torture_fault fault = {plan->function, mode, error, nth, 0};
    tally->strikes++;
    tally->wrong += !torture_strike(scene, &fault);
}

/* Every call, with everything. */
static void strike_all(struct torture_scene *scene, const struct plan *plan, struct tally *tally)
{
    uint32_t calls = torture_calls(scene, plan->function);
    for (uint32_t nth = 1; nth <= calls; nth++) {
        for (size_t i = 0; i < MAX_ERRORS && plan->errors[i] != 0; i++)
            strike(scene, plan, TORTURE_ONCE, plan->errors[i], nth, tally);
        if (plan->goes_on)
            strike(scene, plan, TORTURE_FROM, plan->errors[nth % 2 * (plan->errors[1] != 0)], nth,
                   tally);
        if (plan->is_interruptible)
            strike(scene, plan, TORTURE_ONCE, EINTR, nth, tally);
        if (plan->moves_bytes)
            strike(scene, plan, TORTURE_SHORT, 0, nth, tally);
    }
    if (plan->moves_bytes)
        strike(scene, plan, TORTURE_SHORT_FROM, 0, 1, tally);
}

/* One call, and what it is struck with differs from plan to plan. */
static void strike_sample(struct torture_scene *scene, const struct plan *plan, struct tally *tally)
{
    uint32_t calls = torture_calls(scene, plan->function);
    size_t number = (size_t)(plan - plans), errors = 0;
    while (errors < MAX_ERRORS && plan->errors[errors] != 0)
        errors++;
    uint32_t nth = 1 + (uint32_t)(number * 7919 % calls);
    strike(scene, plan, TORTURE_ONCE, plan->errors[number % errors], nth, tally);
    if (plan->is_interruptible)
        strike(scene, plan, TORTURE_ONCE, EINTR, nth, tally);
    if (plan->moves_bytes)
        strike(scene, plan, TORTURE_SHORT_FROM, 0, 1, tally);
}

size_t torture_all(struct torture_scene *scene, bool all)
{
    struct tally total = {0};
    putchar('\n');
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct tally tally = {0};
        uint32_t calls = torture_calls(scene, plans[i].function);
        if (calls == 0)
            continue;
        if (all)
            strike_all(scene, &plans[i], &tally);
        else
            strike_sample(scene, &plans[i], &tally);
        if (all || tally.wrong > 0)
            printf("    %-12s %4u calls, %5zu faults, %zu wrong\n", torture_name(plans[i].function),
                   calls, tally.strikes, tally.wrong);
        total.strikes += tally.strikes;
        total.wrong += tally.wrong;
    }
    printf("    in all %zu faults, %zu wrong\n", total.strikes, total.wrong);
    return total.wrong;
}

size_t torture_allocations(enum torture_setup setup, uint32_t step)
{
    struct tally tally = {0};
    char *program = e2e_format("%s/rollcall-torture", e2e_build_dir());
    struct torture_scene *scene = torture_open(setup, program);
    static const struct plan plan = {.function = TORTURE_alloc};
    uint32_t calls = torture_calls(scene, TORTURE_alloc);
    /* Fewer than in any run that parses one answer: the allocations are not seen. */
    size_t unseen = calls < 100 ? 1 : 0;
    for (uint32_t nth = 1; nth <= calls; nth += step) {
        strike(scene, &plan, TORTURE_ONCE, ENOMEM, nth, &tally);
        strike(scene, &plan, TORTURE_FROM, ENOMEM, nth, &tally);
    }
    printf("\n    %u allocations, %zu faults, %zu wrong\n", calls, tally.strikes, tally.wrong);
    torture_close(scene);
    free(program);
    return tally.wrong + unseen;
}
