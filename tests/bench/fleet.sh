#!/usr/bin/env bash
# The benchmarks' fleet, served by one nginx on the loopback network: each cluster on an address of its
# own (127.78.x.y), the token on 127.79.0.1, plain HTTP on port 28080 and TLS on 28443.
#
#   fleet.sh make SET CLUSTERS WORKLOADS    writes the lists of jobs, once
#   fleet.sh start SET [delayed]            serves them, with the delays of the set's delays.txt
#   fleet.sh stop
#   fleet.sh cpu                            CPU seconds that the servers have used
#
# BENCH_FLEET is where lists, certificates, logs and the pid go; BENCH_TOOLS is where gen is.
set -euo pipefail

token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyb2xsY2FsbCJ9.Zm9yLW1lYXN1cmluZy1vbmx5
control=127.79.0.1
token_delay_ms=100
certificates=1000
fleet=$(realpath -m "${BENCH_FLEET:?}")

fail() {
    echo "fleet: $*" >&2
    exit 1
}

make_set() {
    mkdir -p "$fleet/sets"
    [ "$fleet/certs/ca.pem" -nt "$BENCH_TOOLS/gen" ] || "$BENCH_TOOLS/gen" certs "$fleet/certs" "$certificates"
    [ "$fleet/sets/$1/expected.json" -nt "$BENCH_TOOLS/gen" ] || "$BENCH_TOOLS/gen" set "$fleet/sets/$1" "$2" "$3"
}

# locations DIRECTORY DELAY_MS: what one address answers. nginx itself can delay only refusals
# (auth_delay), so a delayed request is refused, and the page of that error is the answer.
locations() {
    local late='' name
    if [ "$2" -gt 0 ]; then
        late="auth_basic late; auth_basic_user_file /dev/null; auth_delay $2ms; error_page 401 =200"
    fi
    name=$([ "$1" = "$control" ] && echo /token || echo /jobs)
    echo "  location = /api/v1/token { if (\$request_method != POST) { return 405; }" \
        "${late:+$late $name;}"
    [ -n "$late" ] || echo "    return 200 '{\"accessToken\":\"$token\"}';"
    echo "  }"
    echo "  location = /researcher/api/v1/jobs/research {" \
        "if (\$http_authorization != \"Bearer $token\") { return 403; } ${late:+$late $name;}"
    [ -n "$late" ] || echo "    alias \"$fleet/sets/$set/$1/research.json\";"
    echo "  }"
    echo "  location = /token { internal; return 200 '{\"accessToken\":\"$token\"}'; }"
    echo "  location = /jobs { internal; alias \"$fleet/sets/$set/$1/research.json\"; }"
}

server() {
    echo "server {"
    echo "  listen $1:28080 backlog=4096; listen $1:28443 ssl http2 backlog=4096;"
    echo "  ssl_certificate \"$fleet/certs/$1.pem\"; ssl_certificate_key \"$fleet/certs/$1.pem\";"
    locations "$1" "$2"
    echo "}"
}

configuration() {
    local address delay_ms
    cat << END
worker_processes 2;
worker_rlimit_nofile 65536;
pid "$fleet/nginx.pid";
error_log "$fleet/nginx.log" warn;
$([ "$(id -u)" -ne 0 ] || echo "user root;")
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 30s;
  default_type application/json;
  client_body_temp_path "$fleet/tmp"; proxy_temp_path "$fleet/tmp"; fastcgi_temp_path "$fleet/tmp";
  uwsgi_temp_path "$fleet/tmp"; scgi_temp_path "$fleet/tmp";
  ssl_protocols TLSv1.2 TLSv1.3;
END
    server "$control" $((is_delayed * token_delay_ms))
    while read -r address delay_ms; do
        server "$address" $((is_delayed * delay_ms))
    done < "$fleet/sets/$set/delays.txt"
    echo "}"
}

runs() { [ -e "$fleet/nginx.pid" ] && kill -0 "$(cat "$fleet/nginx.pid")" 2> /dev/null; }

start() {
    set=$1 is_delayed=0
    [ "${2:-}" != delayed ] || is_delayed=1
    stop
    mkdir -p "$fleet/tmp"
    configuration > "$fleet/nginx.conf"
    ulimit -n "$(ulimit -Hn)" 2> /dev/null || true
    PATH=$PATH:/usr/sbin nginx -c "$fleet/nginx.conf" -e "$fleet/nginx.log" 2> "$fleet/start.log" ||
        fail "nginx does not start; see $fleet/start.log"
    for ((i = 0; i < 200; i++)); do
        ! runs || ! curl -so /dev/null "http://$control:28080/" || return 0
        sleep 0.05
    done
    fail "nginx did not start; see $fleet/nginx.log"
}

stop() {
    local pid
    runs || return 0
    pid=$(cat "$fleet/nginx.pid")
    kill "$pid"
    while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
}

cpu() {
    local pid
    for pid in $(pgrep -P "$(cat "$fleet/nginx.pid")"); do cat "/proc/$pid/stat"; done |
        awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); s += $12 + $13 } END { printf "%.2f\n", s / hz }'
}

case ${1:-} in
    make) make_set "$2" "$3" "$4" ;;
    start) start "$2" "${3:-}" ;;
    stop) stop ;;
    cpu) cpu ;;
    *) fail "usage: fleet.sh make SET CLUSTERS WORKLOADS | start SET [delayed] | stop | cpu" ;;
esac
