#!/usr/bin/env bash
# demo.sh: what each of the eight levels costs a real model, on this machine: a few minutes.
#
#   make demo                 writes demo-out/: study, store, report, results
#   PERBIT_TEXT=FILE make demo    measures on a text of yours
#
# Model: SmolLM2-135M-Instruct. Its weights come from the only file of it that the package registries carry, at Q4_1; it is
# upcast to BF16 first, so "BF16" here means those weights, and the losses are losses against them.
# Text: WikiText-2 when the Hugging Face hub answers, else the engine's own documentation.
set -euo pipefail
cd "$(dirname "$0")/.."
perbit=${PERBIT:-$PWD/build/release/perbit}
out=${PERBIT_DEMO_OUT:-$PWD/demo-out}
chunks=${PERBIT_DEMO_CHUNKS:-16}
eval "$(tools/deps.sh --print)"
tools/deps.sh --quiet --model
mkdir -p "$out"

wikitext() { # FILE: fetched and verified, or nothing
    local url=https://huggingface.co/datasets/ggml-org/ci/resolve/main/wikitext-2-raw-v1.zip
    curl -fsSL --max-time 20 -o "$out/wikitext.zip" "$url" 2>/dev/null || return 1
    unzip -p "$out/wikitext.zip" wikitext-2-raw/wiki.test.raw >"$1" 2>/dev/null
    rm -f "$out/wikitext.zip"
    [ -s "$1" ]
}

if [ -n "${PERBIT_TEXT:-}" ]; then
    text=$PERBIT_TEXT
    what="$PERBIT_TEXT"
elif [ -s "$out/wiki.test.raw" ] || wikitext "$out/wiki.test.raw"; then
    text=$out/wiki.test.raw
    what="WikiText-2 (test)"
else
    text=$out/engine-docs.txt
    (cd "$PERBIT_ENGINE/share" && find . -name '*.md' | LC_ALL=C sort | xargs cat) >"$text"
    what="the engine's own documentation (the hub did not answer)"
fi

base=$out/SmolLM2-135M-Instruct-BF16.gguf
if [ ! -s "$base" ]; then
    echo "upcasting SmolLM2-135M-Instruct from Q4_1 to BF16"
    "$perbit" quantize "$PERBIT_MODEL" "$out" BF16 --allow_requantize >/dev/null
fi

cat >"$out/study.yaml" <<EOF
name: demo
models:
  - name: SmolLM2-135M-Instruct
    path: $base
measures: [kl, speed, memory]
file: $text
n_chunks: $chunks
repetitions: ${PERBIT_DEMO_REPETITIONS:-3}
n_gen: 32
store: demo.db
EOF

echo "measuring 8 levels on $what, $chunks chunks of 512 tokens"
"$perbit" run "$out/study.yaml"
"$perbit" show "$out/study.yaml"
"$perbit" export "$out/results" "$out/study.yaml"
page=$("$perbit" report "$out/report" "$out/study.yaml")
sentence='
import json, sys
rows = [r for r in json.load(sys.stdin) if r["loss_pct"] is not None and r["gen_tps"] is not None]
low = min(rows, key=lambda r: r["size_gb"])
fast = max(rows, key=lambda r: r["gen_tps"])
print("Found: the smallest file, {} ({:.2f} bits per weight, {:.0f} MB), has {:+.1f} % perplexity [{:+.1f}, {:+.1f}] and a mean"
      " KL of {:.3f} nat; the fastest here is {} at {:.0f} tokens a second.".format(
      low["level"], low["bpw"], low["size_gb"] * 1000, low["loss_pct"], low["loss_lo_pct"], low["loss_hi_pct"],
      low["kl_nat"], fast["level"], fast["gen_tps"]))'
"$perbit" show "$out/study.yaml" --json | python3 -c "$sentence"
echo "report: $page"
