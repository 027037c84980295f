#!/usr/bin/env bash
# preview.sh [all|memory|speed]: made-up models of the guide's study on this machine.
#
#   all     every model of studies/locollm.yaml, whole, at Q4_K_M: loads and decodes; a table of 11 rows        (some 22 GB written)
#   memory  the models of the 1B class at eight levels: predicted and measured memory, and how far apart they are  (some 60 GB written)
#   speed   the same, prompt and generation speed too (repetitions: REPETITIONS, 3)
#
# One file at a time is on disk (PREVIEW_DIR, a scratch folder), at most 4.1 GB for memory and speed, 2.6 GB for all. THREADS: engine's threads.
set -euo pipefail
cd "$(dirname "$0")/.."
perbit=${PERBIT:-$PWD/build/release/perbit}
what=${1:-all}
dir=${PREVIEW_DIR:-$(mktemp -d)}
threads=${THREADS:-0}
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"

if [ "$what" = all ]; then
    bad=0
    for shape in shapes/*.json; do
        status=0
        "$perbit" preview "$shape" --levels Q4_K_M --measures speed,memory -p 32 -n 4 -r 1 --n_warmup 0 --no-ttft -t "$threads" -q \
            --out_dir "$dir/models" --json >"$dir/row.json" 2>"$dir/err.txt" || status=$?
        python3 - "$shape" "$status" "$dir" <<'EOF' || bad=1
import json, sys
shape, status, d = sys.argv[1:]
name = json.load(open(shape))["perbit"]["repository"]
if status != "0":
    print(f"{name:42} FAILED {open(d + '/err.txt').read().strip()}")
    sys.exit(1)
r = json.load(open(d + "/row.json"))[0]
print(f"{name:42} Q4_K_M {r['size_gb']:6.3f} GB {r['bpw']:5.2f} bit  peak {r['peak_gb']:6.3f} GB  loads and decodes")
EOF
    done
    exit $bad
fi

measures=memory
[ "$what" = speed ] && measures=speed,memory
for model in llama-3.2-1b-instruct gemma-3-1b-it deepseek-r1-distill-qwen-1.5b qwen3-1.7b smollm2-1.7b-instruct; do
    "$perbit" preview "shapes/$model.json" --measures $measures -r "${REPETITIONS:-3}" --n_warmup 1 -t "$threads" -q --out_dir "$dir/models" \
        --store "$dir/preview.db" --json >/dev/null
done
"$perbit" show "$dir/preview.db" --json >"$dir/all.json"
python3 - "$dir/all.json" <<'EOF'
import json, sys
worst = 0
for r in json.load(open(sys.argv[1])):
    off = 100 * (r["predicted_gb"] / r["peak_gb"] - 1)
    worst = max(worst, abs(off))
    speed = f"  prompt {r['prompt_tps']:7.1f} t/s  generation {r['gen_tps']:6.1f} t/s" if r["prompt_tps"] else ""
    print(f"{r['model']:52} {r['level']:7} file {r['size_gb']:6.3f} GB  predicted {r['predicted_gb']:6.3f} GB  measured {r['peak_gb']:6.3f} GB {off:+6.2f} %{speed}")
print(f"largest distance {worst:.2f} %: {'within' if worst <= 5 else 'NOT within'} 5 %")
sys.exit(worst > 5)
EOF
