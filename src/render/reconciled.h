/* Sums over a reconciliation, computed here once for all formats. */
#ifndef RECONCILED_H
#define RECONCILED_H

#include <stddef.h>
#include <stdint.h>

#include "rollcall/report.h"

struct reconciled_totals {
    size_t compared, excluded; /* clusters; the rest is over those compared */
    uint64_t matched, only_control_plane, only_cluster, differing, third_party, unconfirmed;
};

struct reconciled_totals reconciled_sum(const struct reconciliation *reconciliation);

#endif
