#!/usr/bin/env bash
# python_lock.sh: makes python.lock anew: the newest versions that go together with the pinned ones, and their hashes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wanted=(lm_eval==0.4.13 datasets==5.2.0 pandas==3.1.1 pyarrow==26.0.1 nltk==3.10.4 sacrebleu==2.6.0 langdetect==1.0.9
        rouge-score==0.1.2 immutabledict scikit-learn scipy statsmodels jsonschema)
pip3 install --ignore-installed --dry-run --quiet --report "$work/report.json" "${wanted[@]}"
{
    grep '^#' python.lock
    python3 - "$work/report.json" <<'EOF'
import json, sys
for name, version, sha256 in sorted((i["metadata"]["name"].lower().replace("_", "-"), i["metadata"]["version"],
                                     i["download_info"]["archive_info"]["hashes"]["sha256"])
                                    for i in json.load(open(sys.argv[1]))["install"]):
    print(f"{name}=={version} --hash=sha256:{sha256}")
EOF
} >"$work/python.lock"
mv "$work/python.lock" python.lock
