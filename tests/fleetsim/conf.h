/* Writes DIR/rollcall.conf, a whole configuration for this fleet, DIR/secret, and DIR/token with a
 * token that clusters accept without its having been obtained. */
#ifndef FLEETSIM_CONF_H
#define FLEETSIM_CONF_H

#include "fleet.h"

/* The application's secret: it needs escaping in JSON. */
#define CLIENT_SECRET "q\"uote\\back/s1ash-\xc3\xbc-\xe2\x82\xac-s3cret"

#define PRESET_TOKEN "preset.token.~+/-_=="

void conf_write(const struct fleet *fleet, const char *dir);

#endif
