# Reads the bodies named on the command line and --slurpfile rows, one {cluster, http, exit} for each
# cluster asked.
def tally(f): reduce .[] as $w ({}; .[$w | f] += 1);
[inputs | (input_filename | split("/")[-1] | rtrimstr(".json")) as $c | .data[] | .cluster = $c] as $all
| ($all | tally(.cluster)) as $counts
| {totals: {workloads: ($all | length), byStatus: ($all | tally(.status)), byType: ($all | tally(.type)),
            byProject: ($all | tally(.project)), byUser: ($all | tally(.user))},
   clusters: [$rows[] | {cluster, status: (if .exit == 0 and .http == 200 then "ok"
                                           elif .http >= 400 then "http \(.http)" else "error \(.exit)" end),
                         workloads: ($counts[.cluster] // 0)}],
   workloads: $all}
