#ifndef E2E_TORTURE_INTERNAL_H
#define E2E_TORTURE_INTERNAL_H

#include "torture.h"

struct torture_scene {
    struct e2e_fleet *fleet;
    enum torture_setup setup;
    const char *program;
    struct torture *state; /* shared with the program */
    char *settings[E2E_PRELOAD_COUNT];
    char *state_setting, *tmp_setting;
    const char *report_path; /* of the newest report */
    struct e2e_report *expected;
    char *before; /* the newest report's bytes */
    uint32_t calls[TORTURE_FUNCTION_COUNT];
};

/* One run, not judged, with the state as it is. */
struct e2e_result *torture_run(struct torture_scene *scene);

/* Names the case at hand (borrowed; NULL: none any more), for messages that end the program. */
void torture_note_case(const char *name);

#endif
