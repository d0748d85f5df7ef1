/*
 * What the control plane's lists share: the offset of the next page.
 */
#ifndef DECODE_CONTROL_INTERNAL_H
#define DECODE_CONTROL_INTERNAL_H

#include "records.h"

/* The path "next". One that is not understood would end the list early: ERR_BAD_SHAPE. */
bool control_set_next(struct decoder *decoder, enum json_event event,
                      const struct json_value *value, struct error *error);

#endif
