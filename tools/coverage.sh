#!/usr/bin/env bash
# coverage.sh: line coverage of src/ by the unit, flow and cli tests, a line per folder and file.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh coverage
find build/coverage -name '*.gcda' -delete
(cd build/coverage && ctest --output-on-failure -L '^(unit|flow|cli)$' -j "$(getconf _NPROCESSORS_ONLN)" >ctest.log) ||
    { tail -60 build/coverage/ctest.log; echo "coverage: some tests failed; the numbers are of the others"; }
find build/coverage -name '*.gcno' -path '*/src/*' -o -name '*.gcno' -path '*CMakeFiles/*.dir/*' |
    grep -v /tests/ | xargs gcov -n -r -s "$PWD" 2>/dev/null |
    awk '
    /^File / { file = $2; gsub("\047", "", file) }
    /^Lines executed:/ && file ~ /^src\/.*\.(c|cpp)$/ && !seen[file]++ {
        split($0, a, /[:% ]+/)
        pct = a[3]; n = a[5]
        hit[file] = pct * n / 100; all[file] = n
        split(file, p, "/"); fhit[p[2]] += hit[file]; fall[p[2]] += n; h += hit[file]; t += n
    }
    END {
        for (f in all) printf "%5.1f %%  %6d lines  %s\n", 100 * hit[f] / all[f], all[f], f | "sort -k5"
        close("sort -k5")
        print ""
        for (f in fall) printf "%5.1f %%  %6d lines  src/%s\n", 100 * fhit[f] / fall[f], fall[f], f | "sort -k5"
        close("sort -k5")
        if (t) printf "%5.1f %%  %6d lines  all\n", 100 * h / t, t
    }'
