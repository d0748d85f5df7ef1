#include "control.h"

#include <stdio.h>
#include <string.h>

#include "control_internal.h"

void control_error(struct answer *answer, int status, const char *message)
{
    answer->status = status;
    answer_header(answer, "Content-Type", "application/json");
    text_printf(&answer->content, "{\"code\":%d,\"message\":", status);
    text_json(&answer->content, message, strlen(message));
    text_puts(&answer->content, "}");
}

void control_answer(struct sim *sim, const struct question *question, struct answer *answer)
{
    const struct control *control = &sim->fleet.control;
    const struct fault *fault = &control->token_fault;
    char served[64], presented[24] = "none";
    bool is_fault = false;
    answer->delay_ms = control->latency_ms;
    if (!control_answer_token(sim, question, answer, &is_fault)) {
        if (!tokens_accept(&sim->tokens, control, NULL, question->authorization, presented))
            control_error(answer, 401, "the token is not accepted");
        else if (!control_answer_list(sim, question, answer, &is_fault, &fault))
            control_error(answer, 404, "no such path");
    }
    if (is_fault)
        snprintf(served, sizeof served, "fault:%s", fault->name);
    else
        snprintf(served, sizeof served, "%d", answer->status);
    answer_note(sim, "control", question, presented, served, answer);
}
