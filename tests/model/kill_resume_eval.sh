#!/usr/bin/env bash
# A run over subjects of MMLU on a real model, killed (kill -9) in the middle and gone on with: the same answers to the last
# bit as a run that nobody disturbed.
set -eu
: "${PERBIT:?}" "${PERBIT_TEST_MODEL:?}" "${PERBIT_SHARED:?names the folder with data/}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PERBIT_DATA=$PERBIT_SHARED/data XDG_CACHE_HOME=$dir/cache
eval_to() { "$PERBIT" eval "$PERBIT_TEST_MODEL" --tasks mmlu_anatomy,mmlu_virology --num_fewshot 2 --limit 60 --store "$1" -q; }

eval_to "$dir/whole.db" >"$dir/whole.txt"
for wait_s in 3 5; do
    eval_to "$dir/killed.db" >/dev/null 2>&1 &
    pid=$!
    sleep $wait_s
    pkill -9 -P $pid 2>/dev/null || true
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
done
eval_to "$dir/killed.db" >"$dir/killed.txt"

python3 - "$dir/whole.db" "$dir/killed.db" <<'PY'
import sqlite3, sys
def answers(path):
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return {row[:3]: row[3] for row in db.execute(
        "SELECT task, metric, idx, vals FROM series JOIN cell ON cell.id = cell_id WHERE metric = 'logprob'")}, \
        db.execute("SELECT sum(attempts) FROM cell").fetchone()[0]
whole, _ = answers(sys.argv[1])
killed, attempts = answers(sys.argv[2])
assert len(whole) == 120, len(whole)
assert whole == killed, "answers differ after a resume"
assert attempts > 2, "nothing was killed"
PY
cmp "$dir/whole.txt" "$dir/killed.txt"
