#!/usr/bin/env bash
# run.sh PROGRAM SECONDS: a short libFuzzer run from the committed seeds.
#
# fuzz/seeds/<name>/ holds the seeds (fuzz_json -> json), fuzz/<name>.dict an optional dictionary.
# New inputs go to a scratch folder; an input that breaks the program is kept in build/fuzz/found/.
set -eu
program=$1 seconds=$2
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$program")
name=${name#fuzz_}
found=$(dirname "$program")/found
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$found" "$scratch/new"
args=("-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0
    "-artifact_prefix=$found/$name-")
[ ! -f "$here/$name.dict" ] || args+=("-dict=$here/$name.dict")
dirs=("$scratch/new")
[ ! -d "$here/seeds/$name" ] || dirs+=("$here/seeds/$name")
cd "$scratch"
"$program" "${args[@]}" "${dirs[@]}"
