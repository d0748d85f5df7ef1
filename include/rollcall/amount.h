/*
 * GPU amounts: exact decimals with six places, held as integers of 10^-6 and never as a double, so
 * that sums do not depend on their order and reports of shards merge exactly.
 */
#ifndef ROLLCALL_AMOUNT_H
#define ROLLCALL_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMOUNT_NULL INT64_MIN                   /* no value */
#define AMOUNT_ONE  1000000LL                   /* one GPU */
#define AMOUNT_MAX  (1000000000LL * AMOUNT_ONE) /* 10^9 GPUs */
#define AMOUNT_SIZE 64                          /* room for amount_format() */

__extension__ typedef __int128 amount_sum; /* the sum of more amounts than any fleet has */

/*
 * Reads a JSON number's text, rounding half away from zero to 10^-6. False when the text is no JSON
 * number, or is negative (-0 is 0), or is above 10^9 before rounding: then *amount is AMOUNT_NULL.
 */
bool amount_parse(const char *text, size_t len, int64_t *amount);

/*
 * The same for a quantity of the Kubernetes API ("2", "500m", "1k", "+.5"), which the reference of
 * its resource.Quantity describes. What counts bytes (Ki, Mi, ...) is refused: no GPUs are counted
 * so.
 */
bool amount_parse_quantity(const char *text, size_t len, int64_t *amount);

/* *product = amount * count; neither may be AMOUNT_NULL. False when `count`, an amount as well, is
 * not whole, or the product is above AMOUNT_MAX: then *product is AMOUNT_NULL. */
bool amount_multiply(int64_t amount, int64_t count, int64_t *product);

/* Writes a sum in its shortest decimal form ("0", "2.5"), NUL-terminated; returns its length. */
size_t amount_format(amount_sum sum, char out[AMOUNT_SIZE]);

#endif
