#!/usr/bin/env bash
# tests/cli/run.sh itself, on a copy with a program of its own.
set -u
run=$(cd "$(dirname "$0")/.." && pwd)/cli/run.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tests/cli" "$dir/bin"
cp "$run" "$dir/tests/cli/"
cd "$dir/tests/cli" || exit 1
cat >"$dir/bin/perbit" <<'END'
#!/bin/sh
case $1 in
    ok) echo "one [1]"; echo "two 3.25 s"; echo "three" ;;
    usage) echo "perbit: error: unknown option '$2'" >&2; exit 2 ;;
    where) pwd; echo "$PERBIT_SRC/x"; echo "${SECRET:-clean}" ;;
    san) echo "ERROR: AddressSanitizer" >"${ASAN_OPTIONS##*log_path=}.1"; exit 1 ;;
esac
END
chmod +x "$dir/bin/perbit"
bad=0

# expect NAME STATUS TEXT TEST...
expect() {
    local name=$1 want=$2 text=$3 out status
    shift 3
    out=$(SECRET=1 PERBIT=$dir/bin/perbit bash run.sh "$@" 2>&1)
    status=$?
    if [ $status = "$want" ] && [[ $out == *"$text"* ]]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        printf '%s\n' "status $status, said: $out" | sed 's/^/# /'
        bad=1
    fi
}

echo 'perbit ok' >a.sh
expect "no expectations" 0 "ok - cli/a" a
printf 'one [1]\ntwo 3.25 s\nthree\n' >a.stdout.exact
expect "exact" 0 "ok - cli/a" a
echo more >>a.stdout.exact
expect "exact differs" 1 "-more" a
rm a.stdout.exact
printf 'one [1]\ntwo * s\nthree\n' >a.stdout.glob
expect "glob" 0 "ok - cli/a" a
printf 'one ?1?\ntwo * s\nthree\n' >a.stdout.glob
expect "only the star is special" 1 "does not match" a
printf '...\nthree\n...\n' >a.stdout.glob
expect "any lines" 0 "ok - cli/a" a
printf '...\ntwo *\n' >a.stdout.glob
expect "nothing may follow" 1 "does not match" a
printf '...\nfour\n...\n' >a.stdout.glob
expect "missing line" 1 "not ok - cli/a" a
rm a.stdout.glob

echo 'perbit usage --x' >b.sh
expect "status expected 0" 1 "exit status 2, expected 0" b
echo 2 >b.exit
printf "perbit: error: * '--x'\n" >b.stderr.glob
expect "status and stderr" 0 "ok - cli/b" b

echo 'perbit where' >c.sh
printf '@DIR@\n@SRC@/x\nclean\n' >c.stdout.exact
expect "clean environment" 0 "ok - cli/c" c
echo 'perbit san' >d.sh
echo 1 >d.exit
expect "sanitizer report" 1 "a sanitizer reported" d
echo 'echo "no model here" >&2; exit 77' >e.sh
expect "skip" 0 "# SKIP no model here" e
expect "no such test" 1 "no such test" zzz
rm d.* c.stdout.exact
expect "set exact" 0 "ok - cli/c" --set-exact c b
if [ "$(cat c.stdout.exact b.exit)" = "$(printf '@DIR@\n@SRC@/x\nclean\n2')" ]; then
    echo "ok - set exact wrote"
else
    echo "not ok - set exact wrote"
    bad=1
fi
expect "all tests" 0 "ok - cli/c"
exit $bad
