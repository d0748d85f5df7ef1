/* URLs in one spelling. */
#ifndef ROLLCALL_URL_H
#define ROLLCALL_URL_H

/*
 * The origin of an http or https URL (RFC 6454) as "SCHEME://HOST:PORT", to be freed: one text for
 * all spellings that name one host and port to libcurl, and so may share its connections. Scheme
 * and host are in lower case (RFC 3986, section 6.2.2.1), an IPv6 address in its shortest form, the
 * port without zeros in front, and the scheme's own where the URL has none. A dot behind the host
 * makes it another one, for libcurl and for name look-up.
 *
 * What the configuration refuses (a user, a zone, "127.1") is left as it is.
 */
char *url_origin(const char *url) __attribute__((returns_nonnull));

#endif
