#!/usr/bin/env bash
# Files that pyarrow, pandas and Python's json write, read by perbit: every value as they read it; and every
# JSONL file of PERBIT_SHARED/data, value for value as Python reads it.
set -u
bad=0
python=$("$PERBIT_SRC/tools/deps.sh" --venv) || exit 1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$python" "$PERBIT_SRC/tests/data/make_cases.py" "$dir" || exit 1
compare=$PERBIT_BUILD/tests/compare_rows
find "$dir" -type f -not -name '*.expect.jsonl' | sort | xargs "$compare" || bad=1

[ -d "${PERBIT_SHARED:-}/data" ] || { echo "PERBIT_SHARED: expected a folder with data/"; exit 1; }
dump='
import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n"):
    if line.strip():
        print(json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")))'
for file in "$PERBIT_SHARED"/data/*/*.jsonl; do
    if "$compare" --dump "$file" | cmp - <(PYTHONIOENCODING=utf-8 python3 -c "$dump" "$file"); then
        echo "ok - $(basename "$(dirname "$file")")/$(basename "$file")"
    else
        echo "not ok - $file"
        bad=1
    fi
done
exit $bad
