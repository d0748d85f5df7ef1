#include "share.h"

#include <curl/curl.h>

static bool make(CURLSH **share)
{
    *share = curl_share_init();
    if (*share != NULL &&
        curl_share_setopt(*share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
        curl_share_setopt(*share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) == CURLSHE_OK)
        return true;
    if (*share != NULL)
        curl_share_cleanup(*share);
    *share = NULL;
    return false;
}

bool share_join(struct engine_host *host, struct error *error)
{
    host->transfers++;
    return !host->is_apart || host->share != NULL || make(&host->share) ||
           error_set(error, ERR_INTERNAL, "libcurl cannot make a share handle");
}

void share_leave(struct engine_host *host, bool is_next)
{
    host->transfers--;
    if (host->share == NULL || host->transfers > 0 || is_next)
        return;
    curl_share_cleanup(host->share);
    host->share = NULL;
}
