#!/usr/bin/env bash
# Files that pyarrow, pandas and Python's json write, read by perbit: every value as they read it; and every
# JSONL file of PERBIT_SHARED/data, value for value as Python reads it.
. "$(dirname "$0")/lib.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
compare=$PERBIT_BUILD/tests/compare_rows
"$PERBIT_PYTHON" "$here/rows_cases.py" "$dir" || exit 1
find "$dir" -type f -not -name '*.expect.jsonl' | sort | xargs "$compare" || status=1

dump='
import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n"):
    if line.strip():
        print(json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")))'
same_rows() {
    "$compare" --dump "$1" | cmp - <(PYTHONIOENCODING=utf-8 python3 -c "$dump" "$1")
}
for file in "$PERBIT_SHARED"/data/*/*.jsonl; do
    check "$(basename "$(dirname "$file")")/$(basename "$file")" same_rows "$file"
done
exit $status
