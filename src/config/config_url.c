/*
 * What URLs and paths may look like here: a strict subset of RFC 3986, so that what is checked is
 * what any other parser sees in it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "config_internal.h"

#define HOST_MAX  253
#define LABEL_MAX 63

static const char digits[] = "0123456789";
static const char host_bytes[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
static const char pchar_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~!$&'()*+,;=:@/";
static const char hex_bytes[] = "0123456789abcdefABCDEF";

/* How many bytes from `path` on are RFC 3986 pchar, "/" or in `more`. */
static size_t span_path(const char *path, const char *more)
{
    size_t n = 0;
    for (;;) {
        char c = path[n];
        if (c == '%' && strspn(path + n + 1, hex_bytes) >= 2)
            n += 3;
        else if (c != '\0' && (strchr(pchar_bytes, c) != NULL || strchr(more, c) != NULL))
            n++;
        else
            return n;
    }
}

/* Whether the last label is one that makes an address of the whole: parsers read "127.1" and
 * "0x7f000001" as IPv4 too, and each in its own way. */
static bool ends_in_number(const char *host, size_t len)
{
    size_t end = len > 0 && host[len - 1] == '.' ? len - 1 : len, start = end;
    while (start > 0 && host[start - 1] != '.')
        start--;
    const char *label = host + start;
    size_t label_len = end - start;
    bool is_hex = label_len >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');
    return is_hex ? strspn(label + 2, hex_bytes) + 2 >= label_len
                  : strspn(label, digits) >= label_len;
}

static bool is_ipv4(const char *host, size_t len)
{
    char address[INET_ADDRSTRLEN];
    struct in_addr parsed;
    if (len >= sizeof address)
        return false;
    memcpy(address, host, len);
    address[len] = '\0';
    return inet_pton(AF_INET, address, &parsed) == 1;
}

static const char *host_fault(const char *host, size_t len)
{
    if (len == 0)
        return "the host is missing";
    if (host[0] == '[') {
        char address[INET6_ADDRSTRLEN];
        struct in6_addr parsed;
        if (len < 3 || len - 2 >= sizeof address || host[len - 1] != ']')
            return "the IPv6 address in [ ] is not valid";
        memcpy(address, host + 1, len - 2);
        address[len - 2] = '\0';
        return inet_pton(AF_INET6, address, &parsed) == 1 ? NULL
                                                          : "the IPv6 address in [ ] is not valid";
    }
    if (strspn(host, host_bytes) < len)
        return "the host holds a character that no host name has";
    if (len > HOST_MAX)
        return "the host is longer than 253 bytes";
    for (size_t start = 0; start < len;) {
        size_t label = 0;
        while (start + label < len && host[start + label] != '.')
            label++;
        if (label == 0 || label > LABEL_MAX || host[start] == '-')
            return "the host is no valid name";
        start += label + 1;
    }
    return NULL;
}

static const char *port_fault(const char *port, size_t len)
{
    unsigned long value = 0;
    if (len == 0 || len > 5 || strspn(port, digits) < len)
        return "the port must be a number from 1 to 65535";
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (unsigned long)(port[i] - '0');
    return value < 1 || value > 65535 ? "the port must be a number from 1 to 65535" : NULL;
}

static const char *authority_fault(const char *authority, size_t len)
{
    if (memchr(authority, '@', len) != NULL)
        return "a user name or password may not stand in it";
    size_t host_len = 0;
    if (authority[0] == '[') {
        const char *close = memchr(authority, ']', len);
        host_len = close == NULL ? len : (size_t)(close - authority) + 1;
    } else {
        while (host_len < len && authority[host_len] != ':')
            host_len++;
    }
    const char *fault = host_fault(authority, host_len);
    if (fault == NULL && host_len < len && authority[host_len] != ':')
        fault = "the host holds a character that no host name has";
    if (fault == NULL && host_len < len)
        fault = port_fault(authority + host_len + 1, len - host_len - 1);
    if (fault == NULL && ends_in_number(authority, host_len) && !is_ipv4(authority, host_len))
        fault = "the host ends in a number and is no IPv4 address";
    return fault;
}

/* An address that a host name is to stand for: IPv4, or IPv6 with or without [ ]. */
static const char *address_fault(const char *address)
{
    static const char fault[] =
        "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]";
    struct in_addr parsed;
    struct in6_addr parsed6;
    size_t len = strlen(address);
    if (address[0] == '[')
        return address[len - 1] == ']' && host_fault(address, len) == NULL ? NULL : fault;
    return inet_pton(AF_INET, address, &parsed) == 1 || inet_pton(AF_INET6, address, &parsed6) == 1
               ? NULL
               : fault;
}

static const char *bytes_fault(const char *url)
{
    if (strlen(url) > CONFIG_URL_MAX)
        return "it is longer than 2048 bytes";
    for (const char *p = url; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c <= ' ' || c == 0x7f)
            return "it holds a blank or a control character";
        if (c > 0x7f)
            return "it holds a character that is not ASCII (percent-encode it, or write the host "
                   "in its xn-- form)";
    }
    return NULL;
}

const char *config_url_fault(const char *url, bool is_http_allowed)
{
    const char *fault = bytes_fault(url);
    if (fault != NULL)
        return fault;
    const char *authority;
    if (strncmp(url, "https://", 8) == 0)
        authority = url + 8;
    else if (strncmp(url, "http://", 7) != 0)
        return "it does not begin with https://";
    else if (is_http_allowed)
        authority = url + 7;
    else
        return "http:// sends the token unencrypted; if that is wanted, write allow_http = true; "
               "in this very group";

    size_t len = strcspn(authority, "/?#");
    fault = authority_fault(authority, len);
    if (fault != NULL)
        return fault;
    const char *path = authority + len;
    size_t path_len = span_path(path, "");
    if (path[path_len] == '?')
        return "a query may not stand in it";
    if (path[path_len] == '#')
        return "a fragment may not stand in it";
    return path[path_len] == '\0' ? NULL
                                  : "the path holds a character that is to be percent-encoded";
}

const char *config_proxy_fault(const char *url)
{
    static const char *const schemes[] = {"http://",    "https://",  "socks4://",
                                          "socks4a://", "socks5://", "socks5h://"};
    const char *fault = bytes_fault(url);
    if (fault != NULL)
        return fault;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);
        if (strncmp(url, schemes[i], len) != 0)
            continue;
        size_t authority_len = strcspn(url + len, "/?#");
        const char *rest = url + len + authority_len;
        if (*rest != '\0' && strcmp(rest, "/") != 0)
            return "nothing may follow the host and the port";
        return authority_fault(url + len, authority_len);
    }
    return "it does not begin with http://, https://, socks4://, socks4a://, socks5:// or "
           "socks5h://";
}

const char *config_base_path_fault(const char *path)
{
    if (strlen(path) > CONFIG_URL_MAX)
        return "it is longer than 2048 bytes";
    if (path[0] != '\0' && path[0] != '/')
        return "it does not begin with \"/\"";
    return path[span_path(path, "")] == '\0'
               ? NULL
               : "it holds a character that may not stand in a URL's path";
}

const char *config_token_path_fault(const char *path)
{
    return path[0] != '/' ? "it does not begin with \"/\"" : config_base_path_fault(path);
}

const char *config_resolve_fault(const char *text)
{
    const char *port = strchr(text, ':');
    const char *address = port == NULL ? NULL : strchr(port + 1, ':');
    if (address == NULL)
        return "it has no host, port and address";
    size_t host_len = (size_t)(port - text);
    if (host_len == 1 && text[0] == '*')
        return "\"*\" would stand for every host; name the one that is meant";
    if (text[0] == '[')
        return "the host is an address already";
    const char *fault = host_fault(text, host_len);
    if (fault == NULL)
        fault = port_fault(port + 1, (size_t)(address - port) - 1);
    /* One spelling for each, so that what stands there twice is found. */
    if (fault == NULL && port[1] == '0')
        fault = "the port begins with 0; leave it out";
    return fault != NULL ? fault : address_fault(address + 1);
}

const char *config_jobs_path_fault(const char *path)
{
    static const char placeholder[] = "{project}";
    if (strlen(path) > CONFIG_URL_MAX)
        return "it is longer than 2048 bytes";
    if (path[0] != '/')
        return "it does not begin with \"/\"";
    bool has_project = false;
    for (;;) {
        path += span_path(path, "?");
        if (strncmp(path, placeholder, strlen(placeholder)) != 0)
            break;
        has_project = true;
        path += strlen(placeholder);
    }
    if (*path != '\0')
        return "it holds a character that may not stand in a URL's path or query";
    return has_project ? NULL : "it does not hold \"{project}\"";
}
