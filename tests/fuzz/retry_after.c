/*
 * How long a server asks to wait: Retry-After as it comes over a connection, and what becomes of
 * it; and all parsers of times, amounts and numbers.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/decode/normalize.h"
#include "../../src/net/engine_internal.h"
#include "lib/fuzz.h"
#include "rollcall/mem.h"
#include "rollcall/retry.h"
#include "rollcall/text.h"

const char fuzz_name[] = "retry_after";

/* libcurl may take less than what is asked for, but no less than this. */
#define PAUSE_CAP_S 21600
#define ENDLESS_S   1000000000           /* from here on it makes no difference */
#define NUMBER_MAX  1000000000000000000U /* as much as normalize_*() take */

/* --- an answer's headers, through libcurl and the engine's callbacks --- */

/* libcurl's end of a connection on which the peer's whole answer waits already. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose, (void)address;
    int *fd = arg, taken = *fd;
    *fd = -1;
    return taken;
}

/* Stands before libc's own, so that libcurl finds that very connection made. */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    (void)fd, (void)address, (void)len;
    return 0;
}

static bool ignore_body(struct request *request, const char *data, size_t len, struct error *error)
{
    (void)request, (void)data, (void)len, (void)error;
    return true;
}

static void put_answer(int fd, const char *status, const void *headers, size_t len)
{
    struct buf answer;
    buf_init(&answer, len + 256);
    buf_printf(&answer, "HTTP/1.1 %s\r\n", status);
    buf_append(&answer, headers, len);
    buf_append_str(&answer, "\r\nContent-Length: 2\r\n\r\n{}");
    REQUIRE(write(fd, answer.data, answer.len) == (ssize_t)answer.len);
    REQUIRE(shutdown(fd, SHUT_WR) == 0);
    buf_free(&answer);
}

/* The pause that an answer with these headers asks for, as the engine reads it. */
static int64_t ask(const char *status, const void *headers, size_t len)
{
    static const struct endpoint_options options = {
        .connect_timeout_ms = 10000, .timeout_ms = 10000, .max_body_bytes = 1 << 20};
    static const struct request_ops ops = {.body = ignore_body};
    struct engine_host host = {
        .name = "127.0.0.1", .name_len = strlen("127.0.0.1"), .transfers = 1};
    struct request request = {
        .url = "http://127.0.0.1/", .options = &options, .ops = &ops, .host = &host};
    struct log log;
    log_init(&log);
    struct engine engine = {.log = &log};
    struct engine_slot *slot = mem_new(1, sizeof *slot);
    struct error error = {0};
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    put_answer(fds[1], status, headers, len);
    slot->easy = curl_easy_init();
    slot->request = &request;
    slot->host = &host;
    slot->engine = &engine;
    slot->flood = &engine.flood;
    REQUIRE(slot->easy != NULL && transfer_set_up(slot, NULL, &error));
    REQUIRE(curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
            curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETDATA, &fds[0]) == CURLE_OK);
    CURLcode code = curl_easy_perform(slot->easy);
    transfer_note_status(slot);
    bool is_transient = outcome_judge(slot, code, &error);
    if (error.class == ERR_NONE)
        REQUIRE(!is_transient);
    else
        fuzz_require_error(&error);
    int64_t pause_ms = outcome_retry_after_ms(slot);
    REQUIRE(pause_ms == -1 || pause_ms > 0);
    transfer_clean_up(slot);
    curl_easy_cleanup(slot->easy);
    free(slot);
    close(fds[1]);
    if (fds[0] >= 0)
        close(fds[0]);
    return pause_ms;
}

/* A number of seconds, however long: the pause is never shorter than what was asked for. */
static void check_seconds(const struct fuzz_input *input)
{
    struct buf header;
    uint64_t seconds = 0;
    buf_init(&header, input->len + 64);
    buf_append_str(&header, "Retry-After: ");
    for (size_t i = 0; i < input->len; i++) {
        buf_append_char(&header, (char)('0' + input->data[i] % 10));
        seconds = seconds < ENDLESS_S ? seconds * 10 + input->data[i] % 10 : seconds;
    }
    int64_t pause_ms = ask("429 Too Many", header.data, header.len);
    uint64_t least = seconds < PAUSE_CAP_S ? seconds : PAUSE_CAP_S;
    if (seconds == 0)
        REQUIRE(pause_ms == -1);
    else
        REQUIRE(pause_ms >= (int64_t)least * 1000);
    if (seconds > 0 && seconds < ENDLESS_S)
        REQUIRE(pause_ms <= (int64_t)seconds * 1000);
    buf_free(&header);
}

static void check_headers(const struct fuzz_input *input)
{
    ask("503 Busy", input->data, input->len);
}

/* --- what becomes of it --- */

static void check_judge(struct fuzz_input *input)
{
    uint8_t flags = fuzz_byte(input);
    struct retry_case c = {.is_transient = flags & 1};
    c.retries_max = flags >> 1 & 15;
    c.retries_done = fuzz_byte(input) % 24;
    c.retry_after_ms = flags & 64 ? (int64_t)(fuzz_number(input) >> 2) : -1;
    c.now_ms = (int64_t)(fuzz_number(input) >> 2);
    c.network_end_ms = (int64_t)(fuzz_number(input) >> 2);
    c.random = fuzz_number(input);
    int64_t at_ms = -1;
    enum retry_verdict verdict = retry_judge(&c, &at_ms);
    REQUIRE((verdict == RETRY_NEVER) == !c.is_transient);
    if (verdict != RETRY_AT)
        return;
    REQUIRE(c.retries_done < c.retries_max);
    REQUIRE(at_ms >= c.now_ms && at_ms < c.network_end_ms);
    REQUIRE(c.retry_after_ms < 0 || at_ms - c.now_ms >= c.retry_after_ms);
    REQUIRE(at_ms - c.now_ms <= (c.retry_after_ms > 30000 ? c.retry_after_ms : 30000));
}

/* --- times --- */

static void check_time(const char *text, size_t len)
{
    int64_t seconds, again;
    char out[TEXT_TIME_SIZE];
    if (!text_parse_time(text, len, &seconds))
        return;
    REQUIRE(text_format_time(seconds, out));
    REQUIRE(text_parse_time(out, strlen(out), &again) && again == seconds);
}

static void check_seconds_since_1970(struct fuzz_input *input)
{
    char out[TEXT_TIME_SIZE];
    int64_t again, seconds = (int64_t)fuzz_number(input);
    int shift = fuzz_byte(input) % 64;
    seconds = seconds < 0 ? -(-(seconds + 1) >> shift) : seconds >> shift;
    if (text_format_time(seconds, out))
        REQUIRE(text_parse_time(out, strlen(out), &again) && again == seconds);
}

/* --- numbers --- */

/* An amount is the number, rounded to 10^-6; the integer below a number is at most one below it. */
static void check_number(const char *text, size_t len)
{
    int64_t amount, again, seconds;
    uint64_t below, integer;
    char out[AMOUNT_SIZE];
    struct str number = {text, len};
    if (!amount_parse(text, len, &amount)) {
        REQUIRE(amount == AMOUNT_NULL);
        return;
    }
    REQUIRE(amount >= 0 && amount <= AMOUNT_MAX);
    size_t out_len = amount_format(amount, out);
    REQUIRE(out_len == strlen(out));
    REQUIRE(amount_parse(out, out_len, &again) && again == amount);
    REQUIRE(normalize_floor(number, NUMBER_MAX, &below));
    REQUIRE((int64_t)below * 1000000 <= amount && amount <= ((int64_t)below + 1) * 1000000);
    if (normalize_integer(number, NUMBER_MAX, &integer))
        REQUIRE(integer == below && amount == (int64_t)integer * 1000000);
    REQUIRE(normalize_time_ms(number, &seconds) && seconds == (int64_t)(below / 1000));
}

__extension__ typedef unsigned __int128 wide;

static void check_sum(struct fuzz_input *input)
{
    char out[AMOUNT_SIZE];
    wide bits = fuzz_number(input);
    bits = bits << 64 | fuzz_number(input);
    amount_sum sum = (amount_sum)bits >> fuzz_byte(input) % 128;
    size_t len = amount_format(sum, out);
    REQUIRE(len == strlen(out) && len < AMOUNT_SIZE);
    REQUIRE(strspn(out, "-0123456789.") == len && out[len - 1] != '.');
}

static void check_uint(const char *text, uint64_t max)
{
    uint64_t value;
    if (!text_parse_uint(text, max, &value))
        return;
    REQUIRE(value <= max && strspn(text, "0123456789") == strlen(text));
    REQUIRE(value == strtoull(text, NULL, 10));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t kind = fuzz_byte(&input) % 8;
    char *text = mem_copy(input.data, input.len);
    switch (kind) {
    case 0:
        check_headers(&input);
        break;
    case 1:
        check_seconds(&input);
        break;
    case 2:
        check_judge(&input);
        break;
    case 3:
        check_time(text, input.len);
        break;
    case 4:
        check_seconds_since_1970(&input);
        break;
    case 5:
        check_number(text, input.len);
        break;
    case 6:
        check_sum(&input);
        break;
    default:
        check_uint(text, input.len < 4 ? UINT64_MAX : (uint64_t)1 << input.len % 64);
        break;
    }
    free(text);
    return 0;
}
