#include "reconciled.h"

struct reconciled_totals reconciled_sum(const struct reconciliation *reconciliation)
{
    struct reconciled_totals totals = {0};
    for (size_t i = 0; i < reconciliation->cluster_count; i++) {
        const struct reconciled_cluster *cluster = &reconciliation->clusters[i];
        if (cluster->excluded != NULL) {
            totals.excluded++;
            continue;
        }
        totals.compared++;
        totals.matched += cluster->matched;
        totals.only_control_plane += cluster->only_control_plane.count;
        totals.only_cluster += cluster->only_cluster.count;
        totals.differing += cluster->differing.count;
        totals.third_party += cluster->third_party;
        totals.unconfirmed += cluster->unconfirmed;
    }
    return totals;
}
