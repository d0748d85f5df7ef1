/* Documents that are hard to read, right or wrong. */
#ifndef FLEETSIM_ODD_JSON_H
#define FLEETSIM_ODD_JSON_H

#include "fleet.h"

/* The oddity of this name becomes the fault's, with the error it must cause; false: there is none.
 */
bool odd_json_find(const char *name, struct fault *fault);

/* Puts the oddity into a document {"data":[{...},...]}. */
void odd_json_apply(struct text *content, const struct fault *fault);

#endif
