#!/usr/bin/env bash
# count.sh LABEL NAME COMMAND...: runs one test and counts its cases.
#
# Cases are TAP lines ("ok 1 - name", "not ok 2 - name"), which cmocka writes when asked; a test without
# any is one case. With PERBIT_RESULTS (a folder) the counts are left in <label>.<name> as
# "passed failed skipped", from which tools/test.sh makes its last line. The exit status is the test's.
set -u
label=$1 name=$2
shift 2
log=$(mktemp "${TMPDIR:-/tmp}/perbit-test.XXXXXX")
trap 'rm -f "$log"' EXIT

CMOCKA_MESSAGE_OUTPUT=TAP "$@" >"$log" 2>&1
status=$?
cat "$log"

read -r passed failed skipped < <(awk '
    /^(not )?ok .*# [Ss][Kk][Ii][Pp]/ { s++; next } # cmocka writes "not ok 4 # SKIP"
    /^ok( |$)/ { p++ }
    /^not ok( |$)/ { f++ }
    END { print p + 0, f + 0, s + 0 }' "$log")
if [ $status = 77 ]; then
    passed=0 failed=0 skipped=1
elif [ $status != 0 ]; then
    # it died, leaked or was killed after its last line
    [ "$failed" != 0 ] || failed=1
elif [ $((passed + failed + skipped)) = 0 ]; then
    passed=1
elif [ "$failed" != 0 ]; then
    status=1
fi
if [ -n "${PERBIT_RESULTS:-}" ]; then
    echo "$passed $failed $skipped" >"$PERBIT_RESULTS/$label.$name"
fi
exit $status
