#!/usr/bin/env bash
# eval.sh PART...: the speed of log-likelihood tasks against its peers, each a ratio from one run.
#
#   limit      different tokens a second of the scorer / llama-bench's prompt tokens a second, in turns: pp512 and a
#              prompt of the requests' length                  [MODEL, N items of each kind]
#   harness    wall time, loading included: lm-evaluation-harness (hf, gguf_file) / perbit eval, ARC 25-shot and two
#              subjects of MMLU 5-shot; predictions and log-probabilities compared
#   sharing    the same requests whole and shared: wall time ratio / token ratio
#   hellaswag  wall time: llama-perplexity --hellaswag / perbit eval, the same 400 documents, 0-shot
#   mmlu       tokens asked / tokens computed of MMLU 5-shot in full, counted
#
# Environment: PERBIT_SHARED (data/ and tools/), PERBIT (the program), MODEL (a GGUF file), PYTHON_HF (a Python with
# lm_eval[hf] and gguf, for harness), ITEMS (documents of a kind for limit and sharing, 4), LIMIT (50 and 100 for harness)
set -euo pipefail
cd "$(dirname "$0")/.."
eval "$(tools/deps.sh --print)"
perbit=${PERBIT:-$PWD/build/release/perbit}
model=${MODEL:-$PERBIT_MODEL}
shared=${PERBIT_SHARED:?names the folder with data/}
tests=$PWD/build/release/tests
items=${ITEMS:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERBIT_DATA=$shared/data

# name, task, shots, documents, tokens about as long as a request
kinds() {
    echo "arc_challenge 25 $items 1024"
    echo "hellaswag 10 $items 896"
    echo "mmlu_anatomy 5 $((items * 8)) 640"
    echo "hellaswag 0 $((items * 8)) 128"
}

requests() { # TASK SHOTS DOCUMENTS: JSON lines
    "$tests/requests" --data "$shared/data" --tasks "$1" --num_fewshot "$2" --limit "$3"
}

seconds() { # COMMAND...: its wall time
    local t0
    t0=$(date +%s.%N)
    "$@" >"$work/out" 2>"$work/err" || { tail -3 "$work/err" >&2; exit 1; }
    date +%s.%N | awk -v a="$t0" '{ printf "%.2f", $1 - a }'
}

limit() {
    kinds | while read -r task shots n length; do
        requests "$task" "$shots" "$n" >"$work/requests.jsonl"
        for pp in 512 $length; do
            echo "limit $task $shots-shot, $n documents, against pp$pp:"
            "$tests/bench_scorer" "$model" "$work/requests.jsonl" --pp "$pp" --chunk 64 2>&1 | sed 's/^/    /'
        done
    done
}

sharing() {
    kinds | while read -r task shots n _; do
        requests "$task" "$shots" "$n" >"$work/requests.jsonl"
        "$tests/bench_scorer" "$model" "$work/requests.jsonl" --pp 0 >"$work/shared"
        "$tests/bench_scorer" "$model" "$work/requests.jsonl" --pp 0 --no-share >"$work/whole"
        echo "sharing $task $shots-shot, $n documents:"
        sed 's/^/    shared: /' "$work/shared"
        sed 's/^/    whole:  /' "$work/whole"
    done
}

harness_one() { # NAME TASKS SHOTS LIMIT
    local theirs ours
    theirs=$(seconds "${PYTHON_HF:?a Python with lm_eval[hf]}" bench/lmeval.py --model "$model" --tasks "$2" --num_fewshot "$3" \
        --limit "$4" --out "$work/theirs.jsonl")
    tail -1 "$work/out"
    ours=$(seconds "$perbit" eval "$model" --tasks "$2" --num_fewshot "$3" --limit "$4" --store "$work/$1.db" -q)
    echo "harness $1: lm-eval $theirs s, perbit $ours s, ratio $(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.1f", a / b }')"
    python3 bench/compare_answers.py "$work/theirs.jsonl" "$work/$1.db"
}

harness() {
    harness_one arc arc_challenge 25 "${LIMIT:-50}"
    harness_one mmlu mmlu_anatomy,mmlu_astronomy 5 "${LIMIT:-100}"
}

hellaswag() {
    python3 bench/hellaswag_text.py "$shared/data/hellaswag/validation.jsonl" 400 >"$work/hellaswag.txt"
    local theirs ours
    theirs=$(seconds "$PERBIT_ENGINE/bin/llama-perplexity" -m "$model" -f "$work/hellaswag.txt" --hellaswag --hellaswag-tasks 400)
    tail -1 "$work/out"
    ours=$(seconds "$perbit" eval "$model" --tasks hellaswag --num_fewshot 0 --limit 400 -o csv)
    awk -F, '/hellaswag/ { print "    perbit: " $7 " " $9 }' "$work/out"
    echo "hellaswag 400: llama-perplexity $theirs s, perbit $ours s, ratio $(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.2f", a / b }')"
}

# Token counts do not depend on weights: a model of one narrow layer with the vocabulary of MODEL
mmlu() {
    "$tests/mkmodel" "$model" "$work/narrow.gguf" llama 1 64 1 1 64
    "$perbit" eval "$work/narrow.gguf" --tasks mmlu --num_fewshot 5 --store "$work/mmlu.db" -q >/dev/null
    python3 - "$work/mmlu.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
asked, decoded = (db.execute("SELECT sum(value) FROM measure WHERE metric = ?", (m,)).fetchone()[0]
                  for m in ("tokens_asked", "tokens_decoded"))
print(f"mmlu 5-shot: {asked:.0f} tokens asked, {decoded:.0f} computed, ratio {asked / decoded:.2f}; with each context run "
      f"once for its four letters, as lm-eval's cache does, {asked / 4:.0f} asked, ratio {asked / 4 / decoded:.2f}")
END
}

for part in "${@:-limit}"; do
    "$part"
done
