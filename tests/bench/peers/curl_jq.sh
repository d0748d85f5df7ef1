#!/usr/bin/env bash
# curl_jq.sh CONFIG REPORT: one curl for all transfers, one jq for the report.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
config=$1 report=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bodies"

get() { jq -r "$1" "$config"; }
ca=$(get .caFile)
token=$(jq -c '{grantType: "app_token", AppId: .appId, AppSecret: .appSecret}' "$config" |
	curl -fsS --cacert "$ca" -H 'Content-Type: application/json' -d @- "$(get .tokenUrl)" | jq -r .accessToken)

jq -r --arg token "$token" --arg dir "$work/bodies" '
	"cacert = \"\(.caFile)\"", "header = \"Authorization: Bearer \($token)\"",
	(.scheme as $s | .project as $p | .clusters[] |
		"url = \"\($s)://\(.)/researcher/api/v1/jobs/\($p)\"", "output = \"\($dir)/\(.).json\"")
	' "$config" > "$work/curl.conf"
curl -Z -fsS --no-progress-meter --parallel-max "$(get .concurrency)" --config "$work/curl.conf" \
	-w '%{filename_effective} %{http_code} %{exitcode}\n' > "$work/done" || true

jq -R 'split(" ") | {cluster: (.[0] | split("/")[-1] | rtrimstr(".json")), http: (.[1] | tonumber), exit: (.[2] | tonumber)}' \
	"$work/done" > "$work/rows"
find "$work/bodies" -name '*.json' -print0 |
	xargs -0 -n 100000 jq -n -c --slurpfile rows "$work/rows" -f "$here/report.jq" > "$report"
