#!/usr/bin/env bash
# Runs the test programs, several at a time: tests/run.sh quick|unit|slow|valgrind
#
# `valgrind` runs the program itself under memcheck, in end-to-end tests that do not mind how slow that
# is and that lead through all of it. After the others' end-to-end tests, scripts/check-reached looks at
# which exit statuses and error classes their runs had.
#
# The last line is "rollcall: N passed, M failed", counting tests. A program that crashes, hangs or
# says no such line of its own counts as one failed test.
set -uo pipefail

mode=${1:-quick}
export BUILD=${BUILD:-build}
limit=${TEST_TIMEOUT:-900} # seconds for one program; in the slow tests four times as much
jobs=${TEST_JOBS:-$(($(nproc) * 2))} # at a time

case $mode in
unit) patterns=("$BUILD"/tests/unit_*) ;;
quick) patterns=("$BUILD"/tests/unit_* "$BUILD"/tests/fuzz_* "$BUILD"/tests/e2e_* tests/schema/mutations) ;;
slow) patterns=("$BUILD"/tests/unit_* "$BUILD"/tests/fuzz_* "$BUILD"/tests/e2e_* tests/schema/mutations scripts/fuzz) ;;
valgrind)
    patterns=()
    for suite in healthy control_plane output; do
        patterns+=("$BUILD/tests/e2e_$suite")
    done
    export E2E_VALGRIND=1
    ;;
*)
    echo "usage: tests/run.sh quick|unit|slow|valgrind" >&2
    exit 2
    ;;
esac
if [ "$mode" = slow ]; then
    export E2E_SLOW=1
    limit=$((limit * 4))
fi
# Memory and speed of a binary with sanitizers are not what users see.
if [ -z "${E2E_SANITIZED:-}" ] && grep -q __asan_init "$BUILD/rollcall" 2>/dev/null; then
    export E2E_SANITIZED=1
fi

dir=$(mktemp -d) || exit 1
export E2E_REACHED=$dir/reached
trap 'rm -rf "$dir"' EXIT
: > "$E2E_REACHED"

# run_one PROGRAM: shows how it went in one piece, for others run beside it, and notes the counts.
run_one() {
    local name=${1##*/} log=$dir/${1##*/}.log started=$SECONDS status counts
    timeout --kill-after=10 "$limit" "$1" > "$log" 2>&1 < /dev/null
    status=$?
    counts=$(sed -n 's/^[^ ]*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
    if [ -z "$counts" ]; then
        counts="0 1"
    elif [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
        counts="${counts% *} 1"
    fi
    echo "$counts" > "$dir/$name.counts"
    if [ "${counts#* }" -eq 0 ]; then
        printf 'ok      %-28s %4d tests %4d s\n' "$name" "${counts% *}" $((SECONDS - started))
    else
        printf 'FAILED  %-28s (status %d)\n%s\n' "$name" "$status" "$(sed 's/^/    /' "$log")"
    fi
}

# Tests mostly wait for time limits, so several run at a time.
running=0
for program in "${patterns[@]}"; do
    name=${program##*/}
    if [ ! -x "$program" ] || [[ $name == *.* ]]; then
        continue
    fi
    if [[ $name == e2e_slow_* ]] && [ "$mode" != slow ]; then
        continue
    fi
    if [ "$running" -eq "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    run_one "$program" &
    running=$((running + 1))
done
wait

passed=0
failed=0
for counts in "$dir"/*.counts; do
    [ -e "$counts" ] || continue
    read -r ok bad < "$counts"
    passed=$((passed + ok))
    failed=$((failed + bad))
done

if [ "$mode" = quick ] || [ "$mode" = slow ]; then
    if said=$("${0%/*}/../scripts/check-reached" "$E2E_REACHED" 2>&1); then
        printf 'ok      %s\n' "$said"
        passed=$((passed + 1))
    else
        printf 'FAILED  reached\n%s\n' "$said"
        failed=$((failed + 1))
    fi
fi

# No test at all is a failure too.
if [ $((passed + failed)) -eq 0 ]; then
    failed=1
fi
echo "rollcall: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
