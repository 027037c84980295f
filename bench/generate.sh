#!/usr/bin/env bash
# generate.sh PART...: the speed of the generator against llama-batched-bench, each a ratio from one run.
#
#   limit    tokens a second while generating, at 1 2 4 8 16 slots / llama-batched-bench's S_TG at the same parallelism,
#            prompt and depth, in turns; one cache for all (-kvu) and one a sequence
#   gsm8k    GSM8K 5-shot, ITEMS documents: tokens a second of the whole run by slots, share of texts that differ from those
#            of one slot
#   ifeval   the same of IFEval, at most MAX_TOKENS tokens a text
#   server   the same two against llama-server with as many slots, in turns: ratio of their tokens a second over the whole run
#
# Environment: PERBIT_SHARED (data/), MODEL (a GGUF file), ITEMS (16), ROUNDS (3), PROMPT and MAX_TOKENS (128 and 64 for limit,
# 256 tokens for the tasks), SLOTS (1,2,4,8,16)
set -euo pipefail
cd "$(dirname "$0")/.."
eval "$(tools/deps.sh --print)"
model=${MODEL:-$PERBIT_MODEL}
tests=$PWD/build/release/tests
items=${ITEMS:-16}
slots=${SLOTS:-1,2,4,8,16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

batched_bench() { # PROMPT MAX_TOKENS SLOTS [-kvu]: JSON lines
    local prompt=$1 tokens=$2 n=$3
    shift 3
    "$PERBIT_ENGINE/bin/llama-batched-bench" -m "$model" -ngl 0 -c $(((prompt + tokens + 8) * n + 256)) -b 512 -ub 512 \
        -npp "$prompt" -ntg "$tokens" -npl "$n" --output-format jsonl "$@" 2>/dev/null | grep '^{'
}

limit() {
    local prompt=${PROMPT:-128} tokens=${MAX_TOKENS:-64} n
    for _ in $(seq "${ROUNDS:-3}"); do
        for n in ${slots//,/ }; do
            "$tests/bench_generator" "$model" --slots "$n" --items "$n" --prompt "$prompt" --max-tokens "$tokens" --no-share \
                --ctx $((prompt + tokens + 8)) >>"$work/ours"
            batched_bench "$prompt" "$tokens" "$n" -kvu >>"$work/one"
            batched_bench "$prompt" "$tokens" "$n" >>"$work/each"
        done
    done
    python3 - "$work" <<'END'
import json, statistics, sys
def read(name, slots, value):
    found = {}
    for row in map(json.loads, open(f"{sys.argv[1]}/{name}")):
        found.setdefault(row[slots], []).append(row[value])
    return {n: statistics.median(v) for n, v in found.items()}
ours, one, each = read("ours", "slots", "generate_tps"), read("one", "pl", "speed_tg"), read("each", "pl", "speed_tg")
for n in sorted(ours):
    print(f"limit {n} slots: perbit {ours[n]:.1f} t/s, llama-batched-bench -kvu {one[n]:.1f} (ratio {ours[n] / one[n]:.3f}), "
          f"a cache a sequence {each[n]:.1f} (ratio {ours[n] / each[n]:.3f})")
END
}

task() { # NAME SHOTS UNTIL
    "$tests/requests" --data "${PERBIT_SHARED:?names the folder with data/}/data" --tasks "$1" --num_fewshot "$2" --limit "$items" \
        >"$work/prompts.jsonl"
    "$tests/bench_generator" "$model" "$work/prompts.jsonl" --slots "$slots" --items "$items" --max-tokens "${MAX_TOKENS:-256}" \
        --ctx 2048 ${3:+--until "$3"} >"$work/task"
    python3 - "$1" "$work/task" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[2])]
for r in rows:
    print(f"{sys.argv[1]} {r['slots']} slots: {r['tokens']} tokens in {r['run_s']:.1f} s, {r['tps']:.1f} t/s ({r['tps'] / rows[0]['tps']:.2f} x), "
          f"{100 * (1 - r['decode_s'] / r['run_s']):.1f} % outside decode calls, prompt tokens {r['prompt_tokens_decoded']} of "
          f"{r['prompt_tokens']}, {r['different']} of {r['items']} texts differ from {rows[0]['slots']} slots'")
END
}

gsm8k() { task gsm8k 5 "Question:"; }
ifeval() { task ifeval 0 ""; }

server_task() { # NAME SHOTS UNTIL
    local n program
    program=$(tools/deps.sh --server)
    "$tests/requests" --data "${PERBIT_SHARED:?names the folder with data/}/data" --tasks "$1" --num_fewshot "$2" --limit "$items" \
        >"$work/prompts.jsonl"
    for n in ${slots//,/ }; do
        rm -f "$work/ours" "$work/theirs"
        for _ in $(seq "${ROUNDS:-3}"); do
            "$tests/bench_generator" "$model" "$work/prompts.jsonl" --slots "$n" --items "$items" --max-tokens "${MAX_TOKENS:-256}" \
                --ctx 2048 ${3:+--until "$3"} >>"$work/ours"
            python3 bench/server.py "$program" "$model" "$work/prompts.jsonl" "$n" "${MAX_TOKENS:-256}" ${3:+"$3"} >>"$work/theirs"
        done
        python3 - "$1" "$n" "$work/ours" "$work/theirs" <<'END'
import json, statistics, sys
ours, theirs = ([json.loads(line) for line in open(p)] for p in sys.argv[3:])
a, b = (statistics.median(r["tps"] for r in rows) for rows in (ours, theirs))
print(f"server {sys.argv[1]} {sys.argv[2]} slots: perbit {a:.1f} t/s ({ours[0]['tokens']} tokens, {ours[0]['run_s']:.1f} s), "
      f"llama-server {b:.1f} t/s ({theirs[0]['tokens']} tokens, {theirs[0]['run_s']:.1f} s): ratio {a / b:.2f}")
END
    done
}

server() {
    server_task gsm8k 5 "Question:"
    server_task ifeval 0 ""
}

for part in "${@:-limit}"; do
    "$part"
done
