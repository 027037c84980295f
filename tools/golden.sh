#!/usr/bin/env bash
# golden.sh [REQUESTS [--hub]]: compares perbit's requests with those that lm-evaluation-harness made of the same rows: every
# request of 64 tasks by its hash, without a model. The last line is "N of M requests equal"; exit 1 unless all are.
#
# PERBIT_SHARED names the folder with data/ (rows) and golden/ (hashes). REQUESTS is the program of
# tests/reference/requests.c, build/release/tests/requests unless given. --hub: rows from the hub's cache instead.
set -euo pipefail
cd "$(dirname "$0")/.."
requests=${1:-build/release/tests/requests}
shared=${PERBIT_SHARED:?names the folder with data/ and golden/}
rows=(--data "$shared/data")
[ "${2:-}" != --hub ] || rows=(--hub)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# compare GOLDEN.gz OURS: a line a task "TASK EQUAL TOTAL", MMLU's subjects as one
compare() {
    gzip -dc "$1" | awk '
        { key = $1 FS $2 FS $3; task = $1; gsub(/[]["\,]/, "", task); sub(/^mmlu_.*/, "mmlu", task) }
        NR == FNR { ours[key] = $0; next }
        !(task in total) { order[++n] = task }
        { total[task]++; equal[task] += (ours[key] == $0); delete ours[key] }
        END {
            for (i = 1; i <= n; i++) print order[i], equal[order[i]], total[order[i]]
            for (key in ours) more++
            if (more) print "not-in-golden", 0, more
        }' "$2" -
}

# check NAME GOLDEN REQUESTS-OPTION...
check() {
    local name=$1 golden=$2
    shift 2
    "$requests" "${rows[@]}" --hash --digests "$tmp/$name.digests" "$@" >"$tmp/$name.jsonl" 2>"$tmp/$name.log" ||
        { cat "$tmp/$name.log" >&2; exit 1; }
    compare "$golden" "$tmp/$name.jsonl" | sed "s/^/$name /" | tee -a "$tmp/counts" | column -t
}

check openllm "$shared/golden/openllm_hashes.jsonl.gz" --tasks openllm,ifeval --skip winogrande
check hellaswag-0 "$shared/golden/hellaswag_0shot_hashes.jsonl.gz" --tasks hellaswag --num_fewshot 0

# one digest a task over all of its requests in order
sed -n 's/^ *"\([^"]*\)": *"\([0-9a-f]*\)".*/\1 \2/p' "$shared/golden/task_sha256.json" | sort >"$tmp/golden.digests"
sort "$tmp/openllm.digests" | comm -12 - "$tmp/golden.digests" | wc -l >"$tmp/n_equal"
echo "digests tasks $(cat "$tmp/n_equal") $(wc -l <"$tmp/golden.digests")" | tee -a "$tmp/counts"

awk '{ equal += $3; total += $4; bad += $3 != $4 }
     $1 == "digests" { equal -= $3; total -= $4 }
     END { print equal " of " total " requests equal"; exit bad > 0 || total == 0 }' "$tmp/counts"
