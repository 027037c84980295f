#!/usr/bin/env bash
# study_small.sh: the small real study (studies/small*.yaml): eight levels, perplexity, KL, speed, memory and five tasks; then
# its report, texts and data set. It goes on where it was stopped.
#
#   make study-small          writes study-out/: small.db, report/ (index.html, post.md, paper/), results/
#
#   PERBIT_SHARED   folder with data/ (MMLU, HellaSwag, ARC, TruthfulQA, GSM8K) and data/wikitext2; or PERBIT_DATA, the former itself
#   PERBIT_STUDY_MODELS   more models: GGUF files with BF16 or F16 weights, by spaces. Real ones: what random weights lose says nothing
#   PERBIT_STUDY_OUT      another folder than study-out
#   PERBIT_STUDY_MEASURES  "kl, memory": other measures than all three, where the machine is busy
#   PERBIT_STUDY_DIVIDE   N: an Nth of the documents, chunks and repetitions, to try it
#
# Model: SmolLM2-135M-Instruct, as in tools/demo.sh: the registries carry it at Q4_1 only, so "BF16" means those weights, upcast, and
# the texts say so. With one model nothing can be said about rankings, and the texts say so.
set -euo pipefail
cd "$(dirname "$0")/.."
perbit=${PERBIT:-$PWD/build/release/perbit}
out=${PERBIT_STUDY_OUT:-$PWD/study-out}
divide=${PERBIT_STUDY_DIVIDE:-1}
eval "$(tools/deps.sh --print)"
tools/deps.sh --quiet --model >/dev/null
data=${PERBIT_DATA:-${PERBIT_SHARED:+$PERBIT_SHARED/data}}
[ -n "$data" ] && [ -d "$data" ] || { echo "study_small.sh: no data sets: set PERBIT_SHARED or PERBIT_DATA" >&2; exit 1; }
data=$(cd "$data" && pwd)
text=${PERBIT_TEXT:-$data/wikitext2/wiki.test.raw}
[ -s "$text" ] || { echo "study_small.sh: no text at $text: set PERBIT_TEXT" >&2; exit 1; }
mkdir -p "$out"
out=$(cd "$out" && pwd)

models="[{name: SmolLM2-135M-Instruct, path: $PERBIT_MODEL}"
for file in ${PERBIT_STUDY_MODELS:-}; do
    models+=", {path: $(realpath "$file")}"
done
models+="]"

# fill FILE: the study file with its places, and an Nth of its numbers
fill() {
    awk -v n="$divide" -v measures="${PERBIT_STUDY_MEASURES:-}" -v models="$models" -v text="$text" -v data="$data" -v out="$out" '
        /^#/ { next }
        { gsub("@MODELS@", models); gsub("@TEXT@", text); gsub("@DATA@", data); gsub("@OUT@", out) }
        /^(sample|n_chunks|repetitions): / { x = int($2 / n); $2 = x < 1 ? 1 : x }
        /^measures: / && measures { $0 = "measures: [" measures "]" }
        { print }' "studies/$1.yaml" >"$out/$1.yaml"
}

t0=$SECONDS status=0
for study in small small_gsm8k small_mmlu; do
    fill $study
    echo "running studies/$study.yaml"
    "$perbit" run "$out/$study.yaml" || status=$?
    [ $status = 0 ] || [ $status = 3 ] || exit $status
done
"$perbit" show "$out/small.yaml"
"$perbit" export "$out/results" "$out/small.yaml"
page=$("$perbit" report "$out/report" "$out/small.yaml")
echo
sed -n '/^- /p; /^## /q' "$out/report/post.md"
echo
echo "$((SECONDS - t0)) s; report: $page; post: $out/report/post.md; paper: $out/report/paper/section.tex; data set: $out/results"
exit $status
