#!/usr/bin/env bash
# run.sh [MODEL.gguf] [ROUNDS]: perbit's own speed against its peers, in turns, as ratios of one run.
#
#   1. perbit speed against llama-bench of the same tree: pp512 and tg128, A B A B ...; ratio of medians, 0.97 to 1.03 expected
#   2. time of a perplexity run outside the engine's decode calls, in percent of the run
#
# Absolute times depend on what else the machine does; ratios of one run hold.
set -euo pipefail
cd "$(dirname "$0")/.."
perbit=${PERBIT:-$PWD/build/release/perbit}
eval "$(tools/deps.sh --print)"
model=${1:-$PERBIT_MODEL}
rounds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for i in $(seq "$rounds"); do
    "$perbit" speed "$model" -p 512 -n 128 -r 1 --n_warmup 1 --no-ttft -q --json >"$work/a$i.json"
    "$PERBIT_ENGINE/bin/llama-bench" -m "$model" -p 512 -n 128 -ngl 0 -r 1 -o json >"$work/b$i.json" 2>/dev/null
done
python3 - "$work" "$rounds" <<'EOF'
import json, statistics, sys
work, rounds = sys.argv[1], int(sys.argv[2])
ours, theirs = {}, {}
for i in range(1, rounds + 1):
    for row in json.load(open(f"{work}/a{i}.json")):
        ours.setdefault((row["n_prompt"], row["n_gen"]), []).append(row["avg_ts"])
    for row in json.load(open(f"{work}/b{i}.json")):
        theirs.setdefault((row["n_prompt"], row["n_gen"]), []).append(row["avg_ts"])
for test in ours:
    a, b = statistics.median(ours[test]), statistics.median(theirs[test])
    print(f"pp{test[0]} tg{test[1]}: perbit {a:.1f} t/s, llama-bench {b:.1f} t/s, ratio {a / b:.3f} ({rounds} rounds)")
EOF

(cd "$PERBIT_ENGINE/share" && find . -name '*.md' | LC_ALL=C sort | xargs cat) >"$work/text"
"$perbit" perplexity "$model" -f "$work/text" --n_chunks 16 -v 2>&1 >/dev/null |
    sed -n 's/^debug: \([0-9.]*\) s in all, \([0-9.]*\) s in decode calls$/\1 \2/p' |
    awk '{ printf "perplexity: %.2f s in all, %.2f s in decode calls, %.1f %% outside (loading included)\n", $1, $2, 100 * ($1 - $2) / $1 }'
