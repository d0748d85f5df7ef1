/* The keys of HTTP/2 in a fleet file, of clusters and of the control plane alike. */
#include <string.h>

#include "fleetfile_internal.h"

const struct http2_settings http2_defaults = {.has_length = true, .streams = 100, .window = 65535};

bool fleetfile_set_http2(const struct place *place, struct http2_settings *http2, const char *key,
                         const char *value)
{
    if (strcmp(key, "http2") == 0)
        http2->is_on = fleetfile_truth(place, value);
    else if (strcmp(key, "http2_length") == 0)
        http2->has_length = fleetfile_truth(place, value);
    else if (strcmp(key, "http2_frame") == 0)
        http2->frame = (unsigned)fleetfile_number(place, value, 16384);
    else if (strcmp(key, "http2_padding") == 0)
        http2->padding = (unsigned)fleetfile_number(place, value, 255);
    else if (strcmp(key, "http2_streams") == 0)
        http2->streams = (unsigned)fleetfile_number(place, value, 1000);
    else if (strcmp(key, "http2_window") == 0)
        http2->window = (unsigned)fleetfile_number(place, value, 65535);
    else
        return false;
    return true;
}
