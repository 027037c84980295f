#!/usr/bin/env bash
# tools/check_help.sh accepts this repository's texts and names every kind of mistake by file and line.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
perbit=${PERBIT:-$root/build/release/perbit}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# expect NAME STATUS TEXT: runs the checker on $dir/doc.md
expect() {
    local out status
    out=$(bash "$root/tools/check_help.sh" "$perbit" "$dir/doc.md" 2>&1)
    status=$?
    if [ $status = "$2" ] && [[ $out == *"$3"* ]]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "# status $status, said: $out"
        bad=1
    fi
}

# Every command, so that none is missing.
all() { "$perbit" help | sed -n 's/^  \([a-z]*\) .*/    perbit \1/p'; }

all >"$dir/doc.md"
expect "every command named" 0 "help: ok"
{ all; echo '    perbit speed m.gguf -p 1 --n_gen=3 -ngl 0 --no-ttft # --nosuch'; echo 'say `--kl-divergence-base` or `cmake --preset dev`'; } >"$dir/doc.md"
expect "options, short and long, with dashes, comments aside" 0 "help: ok"
{ all; echo '    perbit speed m.gguf --n_gem 3'; } >"$dir/doc.md"
expect "unknown option" 1 "--n_gem is no option of perbit speed"
{ all; echo '    perbit plan s.yaml --n_gen 3'; } >"$dir/doc.md"
expect "option of another command" 1 "--n_gen is no option of perbit plan"
{ all; echo 'with `--nosuch`, `perbit show -z x`'; } >"$dir/doc.md"
expect "unknown option in a sentence" 1 "--nosuch is no option of any command"
expect "unknown short option in a sentence" 1 "-z is no option of perbit show"
{ all; echo 'see `perbit shows x`'; } >"$dir/doc.md"
expect "unknown command" 1 "perbit has no command shows"
all | grep -v doctor >"$dir/doc.md"
expect "command not named" 1 "doctor: perbit has this command"
exit $bad
