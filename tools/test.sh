#!/usr/bin/env bash
# test.sh [SUITE...]: every test of perbit; the last line is "N passed, M failed". Exit status 1 if any failed.
#
#   checks    layers, headers, texts, help, and the checkers' own tests
#   dev       unit, flow and cli tests under AddressSanitizer and UBSan
#   valgrind  unit tests again, from the release build
#   release   cli tests again, on the release build
#   reference rows, requests, texts, scores and files against Python's own (lm_eval, pyarrow, NLTK ...)
#   model     a real small model against llama.cpp's reference tools
#   browser   the dashboard in headless Chromium
#   fuzz      PERBIT_FUZZ_S seconds (5) of each fuzz target
#
# Counted are single cases, not programs. Logs are in build/test/.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
suites=(checks dev valgrind release reference model browser fuzz)
for s in "$@"; do
    case " ${suites[*]} " in *" $s "*) ;; *) echo "test.sh: no suite '$s'; there are: ${suites[*]}" >&2; exit 2 ;; esac
done
[ $# = 0 ] || suites=("$@")

# data sets and golden files that are not part of the repository, if they are there
if [ -z "${PERBIT_SHARED:-}" ] && [ -d "$root/../shared" ]; then
    PERBIT_SHARED=$(cd "$root/../shared" && pwd)
fi
export PERBIT_SHARED=${PERBIT_SHARED:-}
jobs=${PERBIT_JOBS:-$(getconf _NPROCESSORS_ONLN)}
out=$root/build/test
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0 skipped=0

head_line() { printf '\n== %s\n' "$*"; }
count() { # passed failed skipped, of the suite just run
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# check NAME COMMAND...: one case
check() {
    local name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        echo "  ok      $name"
        count 1 0 0
    else
        echo "  FAILED  $name"
        sed 's/^/    /' "$out/$name.log" | tail -60
        count 0 1 0
    fi
}

# build PRESET: one failed case when it does not build
build() {
    local t0=$SECONDS
    if tools/build.sh "$1" >"$out/build-$1.log" 2>&1; then
        echo "  built   $1 ($((SECONDS - t0)) s)"
    else
        echo "  FAILED  build of $1"
        grep -E 'error|warning|FAILED|undefined' "$out/build-$1.log" | head -40 | sed 's/^/    /'
        count 0 1 0
        return 1
    fi
}

# run PRESET LABEL [JOBS]: the tests of one label
run() {
    local preset=$1 label=$2 t0=$SECONDS results=$out/$1-$2 names name p=0 f=0 s=0 a b c status=0
    mkdir -p "$results"
    names=$(ctest --test-dir "build/$preset" -N -L "^$label\$" 2>/dev/null | sed -n 's|.*Test *#[0-9]*: *||p')
    if [ -z "$names" ]; then
        echo "  none    $label"
        return
    fi
    PERBIT_RESULTS=$results ctest --test-dir "build/$preset" -L "^$label\$" -j "${3:-$jobs}" \
        --output-on-failure --no-tests=error >"$results.log" 2>&1 || status=1
    for name in $names; do
        name=${name#*/}
        if read -r a b c 2>/dev/null <"$results/$label.$name"; then
            p=$((p + a)) f=$((f + b)) s=$((s + c))
        else
            echo "  FAILED  $label/$name did not finish"
            f=$((f + 1))
        fi
    done
    [ $status = 0 ] || [ $f != 0 ] || f=1
    count $p $f $s
    printf '  %-7s %-8s %5d passed, %d failed%s (%d s)\n' "$([ $f = 0 ] && echo ok || echo FAILED)" "$label" $p $f \
        "$([ $s = 0 ] || echo ", $s skipped")" $((SECONDS - t0))
    if [ $f != 0 ]; then
        grep -E '^[0-9]*: |not ok|^# |Error|ERROR|runtime error|\*\*\*' "$results.log" | head -80 | sed 's/^/    /'
        echo "    (all of it: ${results#"$root"/}.log)"
    fi
}

suite_checks() {
    check check_layers tools/check_layers.sh
    check check_headers tools/check_headers.sh
    check check_text tools/check_text.sh
    build release && { check check_help tools/check_help.sh; run release tools; }
}
suite_dev() { build dev && { run dev unit; run dev flow; run dev cli; }; }
suite_valgrind() { build release && run release valgrind; }
suite_release() { build release && run release cli; }
suite_reference() { build release && run release reference; }
suite_model() { build release && run release model 1; }
suite_browser() { build release && run release browser 1; }
suite_fuzz() { compgen -G 'tests/fuzz/fuzz_*.c' >/dev/null && build fuzz && run fuzz fuzz; }

head_line set-up
if ! tools/deps.sh --test; then
    echo
    echo "0 passed, 1 failed"
    exit 1
fi
for s in "${suites[@]}"; do
    head_line "$s"
    "suite_$s"
done

echo
[ $skipped = 0 ] || echo "$skipped skipped"
[ -n "$PERBIT_SHARED" ] || echo "PERBIT_SHARED is not set: tests that need its data sets were skipped"
echo "$SECONDS s"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
