/* The exit statuses of every command. Fixed from the first release: wrappers rely on them. */
#ifndef ROLLCALL_EXIT_STATUS_H
#define ROLLCALL_EXIT_STATUS_H

enum exit_status {
    EXIT_COMPLETE = 0,    /* every selected cluster answered in full */
    EXIT_INTERNAL = 1,    /* out of memory, a bug */
    EXIT_USAGE = 2,       /* command line or configuration: nothing was contacted */
    EXIT_FINDINGS = 3,    /* findings at or above fail_on */
    EXIT_INCOMPLETE = 4,  /* some cluster is missing or incomplete in the report */
    EXIT_BOTH = 5,        /* 3 and 4 together */
    EXIT_NO_ANSWER = 6,   /* no cluster answered: the report says so */
    EXIT_NO_REPORT = 7,   /* no token, and so no cluster could be asked */
    EXIT_NOT_WRITTEN = 8, /* the report could not be written or delivered */
    EXIT_LOCKED = 75,     /* another run holds the lock */
};

#endif
