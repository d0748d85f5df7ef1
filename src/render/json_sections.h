/* The sections that a report has only when they were asked for. */
#ifndef JSON_SECTIONS_H
#define JSON_SECTIONS_H

#include "rollcall/json_write.h"
#include "rollcall/report.h"

void json_put_discovery(struct json_writer *w, const struct discovery_section *discovery);
void json_put_reconciliation(struct json_writer *w, const struct reconciliation *reconciliation);

#endif
