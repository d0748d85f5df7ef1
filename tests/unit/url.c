#include "rollcall/url.h"

#include <stdlib.h>

#include "../check.h"

static void test_origin(void)
{
    static const struct {
        const char *url, *origin;
    } cases[] = {
        {"https://eu-1.example", "https://eu-1.example:443"},
        {"https://eu-1.example/", "https://eu-1.example:443"},
        {"HTTPS://EU-1.Example:443/A", "https://eu-1.example:443"},
        {"https://eu-1.example:/a", "https://eu-1.example:443"},
        {"https://eu-1.example:00443?a=b:1", "https://eu-1.example:443"},
        {"https://eu-1.example:80#a", "https://eu-1.example:80"},
        {"https://eu-1.example:0", "https://eu-1.example:0"},
        {"https://eu-1.example:6443/a", "https://eu-1.example:6443"},
        {"https://eu-1.example.:06443/a", "https://eu-1.example.:6443"},
        {"http://eu-1.example/a", "http://eu-1.example:80"},
        {"HTTP://eu-1.example:443", "http://eu-1.example:443"},
        {"https://127.0.0.1:8443", "https://127.0.0.1:8443"},
        {"https://[::1]", "https://[::1]:443"},
        {"https://[0:0:0:0:0:0:0:1]:0443/a", "https://[::1]:443"},
        {"https://[2001:DB8:0:0::A]:6443", "https://[2001:db8::a]:6443"},
        {"https://[::ffff:7f00:1]", "https://[::ffff:127.0.0.1]:443"},
        {"https://[0000:0000:0000:0000:0000:ffff:192.168.100.200]",
         "https://[::ffff:192.168.100.200]:443"},
        /* What nobody asks for is no other host's. */
        {"", ":443"},
        {"https://", "https://:443"},
        {"https://[", "https://[:443"},
        {"https://[]", "https://[]:443"},
        {"https://[::1", "https://[::1"},
        {"https://[::1]x:1", "https://[::1]:x:1"},
        {"https://[::g]:1", "https://[::g]:1"},
        {"https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1",
         "https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1"},
        {"https://a:b", "https://a:b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *origin = url_origin(cases[i].url);
        CHECK_STR(origin, cases[i].origin);
        free(origin);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"origins", test_origin}, CU_TEST_INFO_NULL};
    return check_run("unit/url", tests);
}
