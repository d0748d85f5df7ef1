#!/usr/bin/env bash
# Runs the test programs one after the other: tests/run.sh quick|unit|slow
#
# The last line is "rollcall: N passed, M failed", counting tests. A program that crashes, hangs or
# says no such line of its own counts as one failed test.
set -uo pipefail

mode=${1:-quick}
export BUILD=${BUILD:-build}
limit=${TEST_TIMEOUT:-900} # seconds for one program

case $mode in
unit) patterns=("$BUILD"/tests/unit_*) ;;
quick | slow) patterns=("$BUILD"/tests/unit_* "$BUILD"/tests/e2e_*) ;;
*)
    echo "usage: tests/run.sh quick|unit|slow" >&2
    exit 2
    ;;
esac
if [ "$mode" = slow ]; then
    export E2E_SLOW=1
fi
# Memory and speed of a binary with sanitizers are not what users see.
if [ -z "${E2E_SANITIZED:-}" ] && grep -q __asan_init "$BUILD/rollcall" 2>/dev/null; then
    export E2E_SANITIZED=1
fi

passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

for program in "${patterns[@]}"; do
    name=${program##*/}
    if [ ! -x "$program" ] || [[ $name == *.* ]]; then
        continue
    fi
    if [[ $name == e2e_slow_* ]] && [ "$mode" != slow ]; then
        continue
    fi
    started=$SECONDS
    timeout --kill-after=10 "$limit" "$program" >"$log" 2>&1 </dev/null
    status=$?
    counts=$(sed -n 's/^[^ ]*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
    if [ -z "$counts" ]; then
        counts="0 1"
    elif [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
        counts="${counts% *} 1"
    fi
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    if [ "${counts#* }" -eq 0 ]; then
        printf 'ok      %-28s %4d tests %4d s\n' "$name" "${counts% *}" $((SECONDS - started))
    else
        printf 'FAILED  %-28s (status %d)\n' "$name" "$status"
        sed 's/^/    /' "$log"
    fi
done

# No test at all is a failure too.
if [ $((passed + failed)) -eq 0 ]; then
    failed=1
fi
echo "rollcall: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
