/* The checksums of compressed data. */
#ifndef FLEETSIM_CHECKSUM_H
#define FLEETSIM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t checksum_crc32(const char *data, size_t len);   /* RFC 1952 */
uint32_t checksum_adler32(const char *data, size_t len); /* RFC 1950 */

#endif
