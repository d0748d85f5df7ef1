/* Handshakes that go wrong on purpose. */
#include <string.h>
#include <sys/socket.h>

#include "raw_internal.h"

static const struct {
    enum fault_kind fault;
    enum cert_kind cert;
} kinds[] = {
    {FAULT_WRONG_CERT, CERT_WRONG_NAME},
    {FAULT_EXPIRED_CERT, CERT_EXPIRED},
    {FAULT_FUTURE_CERT, CERT_NOT_YET},
    {FAULT_SELF_SIGNED, CERT_SELF_SIGNED},
    {FAULT_CN_ONLY, CERT_CN_ONLY},
    {FAULT_CHAIN, CERT_CHAIN},
    {FAULT_CHAIN_DISORDERED, CERT_CHAIN_DISORDERED},
    {FAULT_CHAIN_MISSING, CERT_CHAIN_MISSING},
};

/* Reads the record in which the client says hello; whether it came. */
static bool read_hello(struct raw_connection *connection)
{
    unsigned char head[5];
    char rest[16384];
    if (recv(connection->fd, head, sizeof head, MSG_WAITALL) != (ssize_t)sizeof head)
        return false;
    size_t len = (size_t)head[3] << 8 | head[4];
    return len <= sizeof rest && recv(connection->fd, rest, len, MSG_WAITALL) == (ssize_t)len;
}

static void send_plain(struct raw_connection *connection, const char *bytes, size_t len)
{
    raw_write(connection, bytes, len);
    raw_wait_for_close(connection);
}

void handshake_limit(struct raw_connection *connection)
{
    int version = connection->fault->status == 10 ? TLS1_VERSION : TLS1_1_VERSION;
    /* OpenSSL signs nothing for these versions on its usual level. */
    SSL_set_security_level(connection->ssl, 0);
    if (SSL_set_min_proto_version(connection->ssl, version) != 1 ||
        SSL_set_max_proto_version(connection->ssl, version) != 1)
        die("OpenSSL: cannot speak an old TLS");
}

bool handshake_spoil(struct raw_connection *connection, enum cert_kind *kind)
{
    static const char plain[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    static const char alert[] = "\x15\x03\x03\0\x02\x02\x28"; /* fatal: handshake_failure */
    static const char garbage[] = "\x16\x03\x03\0\x40\x02garbage, and no server's hello ..........."
                                  "...............................";
    const struct fault *fault = connection->fault;
    switch (fault->kind) {
    case FAULT_STALL_HANDSHAKE:
        raw_wait_for_close(connection);
        return true;
    case FAULT_NOT_TLS:
        send_plain(connection, plain, sizeof plain - 1);
        return true;
    case FAULT_HELLO_STALL:
        /* The beginning of a record that never comes. */
        if (read_hello(connection))
            send_plain(connection, garbage, 5);
        return true;
    case FAULT_HELLO_GARBAGE:
        if (read_hello(connection))
            send_plain(connection, garbage, sizeof garbage - 1);
        return true;
    case FAULT_HELLO_ALERT:
        if (read_hello(connection))
            send_plain(connection, alert, sizeof alert - 1);
        return true;
    case FAULT_END_EARLY:
        if (fault->number == STAGE_HANDSHAKE)
            return false;
        if (fault->number == STAGE_ACCEPT || read_hello(connection))
            stage_end(connection);
        return true;
    default:
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            if (kinds[i].fault == fault->kind)
                *kind = kinds[i].cert;
        return false;
    }
}
