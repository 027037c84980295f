#!/usr/bin/env bash
# run.sh [--set-exact] [NAME...]: runs tests/cli/NAME.sh, all of them without a name.
#
#   NAME.sh             what is run, by sh -eu in an empty scratch folder, with perbit on the path
#   NAME.exit           expected exit status (no file: 0)
#   NAME.stdout.exact   expected standard output         NAME.stderr.exact   expected standard error
#   NAME.stdout.glob    the same with patterns:          NAME.stderr.glob
#                       '*' stands for any text in a line, a line '...' for any number of lines
#   (no file: that stream may say anything)
#
# The test sees PERBIT (the program), PERBIT_SRC (the source tree), HOME and TMPDIR inside its scratch
# folder, and nothing else of the caller's environment but PERBIT_SHARED, PERBIT_TEST_MODEL and PERBIT_ENGINE_SHARE. In the
# output the scratch folder reads @DIR@ and the source tree @SRC@. An exit status of 77 skips the test.
# A sanitizer's report fails the test, whatever status was expected.
#
# --set-exact writes NAME.exit and NAME.stdout.exact from what happens, and rewrites a NAME.stderr.exact
# that is there (globs are left alone). Look at the difference before you commit it.
set -u
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
src=$(cd "$here/../.." && pwd)
perbit=$(realpath -m "${PERBIT:-$src/build/release/perbit}")

set_exact=0
if [ "${1:-}" = --set-exact ]; then
    set_exact=1
    shift
fi
if [ $# = 0 ]; then
    for t in "$here"/*.sh; do
        t=$(basename "$t" .sh)
        case $t in run | lib*) ;; *) set -- "$@" "$t" ;; esac
    done
fi
if [ ! -x "$perbit" ]; then
    echo "run.sh: no program at $perbit (build it, or set PERBIT)" >&2
    exit 2
fi

# glob_match PATTERN_FILE TEXT_FILE: true when the lines match; only '*' and '...' are special
glob_match() {
    local -a pat text
    local i
    mapfile -t pat <"$1"
    mapfile -t text <"$2"
    for i in "${!pat[@]}"; do
        [ "${pat[i]}" = ... ] && continue
        pat[i]=${pat[i]//\\/\\\\}
        pat[i]=${pat[i]//\[/\\[}
        pat[i]=${pat[i]//\?/\\?}
    done
    # Two places to go back to at most: the last '...' seen and the line tried after it
    local p=0 t=0 star=-1 mark=0
    while [ $t -lt ${#text[@]} ]; do
        if [ $p -lt ${#pat[@]} ] && [ "${pat[p]}" = ... ]; then
            star=$p mark=$t
            p=$((p + 1))
        elif [ $p -lt ${#pat[@]} ] && line_match "${text[t]}" "${pat[p]}"; then
            p=$((p + 1)) t=$((t + 1))
        elif [ $star -ge 0 ]; then
            mark=$((mark + 1))
            p=$((star + 1)) t=$mark
        else
            return 1
        fi
    done
    while [ $p -lt ${#pat[@]} ] && [ "${pat[p]}" = ... ]; do p=$((p + 1)); done
    [ $p = ${#pat[@]} ]
}

# shellcheck disable=SC2053
line_match() { [[ $1 == $2 ]]; }

# check_stream NAME STREAM FILE: compares with NAME.STREAM.exact or .glob; says what differs
check_stream() {
    local want=$here/$1.$2
    if [ -f "$want.exact" ] && ! cmp -s "$want.exact" "$3"; then
        echo "# $1: $2 differs (- expected, + found)"
        diff -u "$want.exact" "$3" | tail -n +3 | sed 's/^/#   /'
        return 1
    fi
    if [ -f "$want.glob" ] && ! glob_match "$want.glob" "$3"; then
        echo "# $1: $2 does not match $1.$2.glob; found"
        sed 's/^/#   /' "$3"
        return 1
    fi
}

run_one() {
    local name=$1 dir status want=0 ok=1 stream
    if [ ! -f "$here/$name.sh" ]; then
        echo "not ok - cli/$name (no such test)"
        return 1
    fi
    dir=$(mktemp -d "${TMPDIR:-/tmp}/perbit-cli.XXXXXX")
    mkdir "$dir/work" "$dir/home" "$dir/tmp" "$dir/san"
    (
        cd "$dir/work" || exit 1
        exec env -i PATH="$(dirname "$perbit"):$PATH" LC_ALL=C.UTF-8 TZ=UTC HF_HUB_OFFLINE=1 HOME="$dir/home" \
            TMPDIR="$dir/tmp" PERBIT="$perbit" PERBIT_SRC="$src" \
            ${PERBIT_SHARED:+PERBIT_SHARED="$PERBIT_SHARED"} \
            ${PERBIT_TEST_MODEL:+PERBIT_TEST_MODEL="$PERBIT_TEST_MODEL"} \
            ${PERBIT_ENGINE_SHARE:+PERBIT_ENGINE_SHARE="$PERBIT_ENGINE_SHARE"} \
            ASAN_OPTIONS="${ASAN_OPTIONS:-}:log_path=$dir/san/log" \
            UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path=$dir/san/log" LSAN_OPTIONS="${LSAN_OPTIONS:-}" \
            sh -eu "$here/$name.sh"
    ) >"$dir/stdout" 2>"$dir/stderr" </dev/null
    status=$?
    for stream in stdout stderr; do
        sed -i "s|$dir/work|@DIR@|g; s|$dir|@DIR@/..|g; s|$src|@SRC@|g" "$dir/$stream"
    done
    if [ $status = 77 ]; then
        echo "ok - cli/$name # SKIP $(tail -1 "$dir/stderr")"
        rm -rf "$dir"
        return 0
    fi
    if [ $set_exact = 1 ]; then
        rm -f "$here/$name.exit"
        [ $status = 0 ] || echo $status >"$here/$name.exit"
        [ -f "$here/$name.stdout.glob" ] || cp "$dir/stdout" "$here/$name.stdout.exact"
        [ ! -f "$here/$name.stderr.exact" ] || cp "$dir/stderr" "$here/$name.stderr.exact"
    fi
    [ ! -f "$here/$name.exit" ] || read -r want <"$here/$name.exit"
    if [ "$status" != "$want" ]; then
        echo "# $name: exit status $status, expected $want; standard error:"
        tail -20 "$dir/stderr" | sed 's/^/#   /'
        ok=0
    fi
    check_stream "$name" stdout "$dir/stdout" || ok=0
    check_stream "$name" stderr "$dir/stderr" || ok=0
    # a process that is killed while it looks for leaks complains of its own dying threads
    if [ -n "$(ls -A "$dir/san")" ] && grep -qhv 'Unable to get registers from thread' "$dir"/san/*; then
        echo "# $name: a sanitizer reported:"
        head -40 "$dir"/san/* | sed 's/^/#   /'
        ok=0
    fi
    rm -rf "$dir"
    if [ $ok = 1 ]; then echo "ok - cli/$name"; else echo "not ok - cli/$name"; fi
    [ $ok = 1 ]
}

bad=0
for t in "$@"; do
    run_one "$(basename "$t" .sh)" || bad=1
done
exit $bad
