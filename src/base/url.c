#include "rollcall/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/str.h"

/* "[::1]" for all spellings of this address; NULL: it is none. */
static char *shorten_ipv6(const char *host, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (len < 3 || host[0] != '[' || len - 2 >= sizeof text)
        return NULL;
    memcpy(text, host + 1, len - 2);
    text[len - 2] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1 ||
        inet_ntop(AF_INET6, &address, text, sizeof text) == NULL)
        return NULL;
    return mem_printf("[%s]", text);
}

/* The digits behind the host, up to `end`, or the scheme's own port. */
static struct str find_port(const char *url, const char *port, const char *end)
{
    port += port < end && *port == ':';
    while (end - port > 1 && *port == '0')
        port++;
    if (port < end)
        return (struct str){port, (size_t)(end - port)};
    return str_of(strncasecmp(url, "http://", 7) == 0 ? "80" : "443");
}

char *url_origin(const char *url)
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    const char *end = host + strcspn(host, "/?#");
    const char *bracket = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
    const char *port = bracket != NULL ? bracket + 1 : host + strcspn(host, ":/?#");

    struct str digits = find_port(url, port, end);
    char *address = shorten_ipv6(host, (size_t)(port - host));
    struct str name = address != NULL ? str_of(address) : (struct str){host, (size_t)(port - host)};
    char *origin = mem_printf("%.*s%.*s:%.*s", (int)(host - url), url, (int)name.len, name.data,
                              (int)digits.len, digits.data);
    free(address);
    for (char *c = origin; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return origin;
}
