#!/usr/bin/env bash
# kill -9 at random moments of a run on the real model, its workers too: the store stays whole, and the values of the
# resumed run equal an undisturbed run's bit by bit.
#
# PERBIT_SEED=N repeats the moments of an earlier run (it is printed).
set -euo pipefail
n_kills=5
if [ ! -f "${PERBIT_TEST_MODEL:-}" ]; then echo "skipped: PERBIT_TEST_MODEL is no file" >&2; exit 77; fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/perbit-kill.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
RANDOM=${PERBIT_SEED:-$$}
echo "# PERBIT_SEED=${PERBIT_SEED:-$$}"

text=${PERBIT_SHARED:+$PERBIT_SHARED/data/wikitext2/wiki.test.raw}
[ -n "$text" ] || { cat "$PERBIT_SRC"/src/*/*.h >text.txt; text=$PWD/text.txt; }
"$PERBIT_ENGINE_BIN/llama-quantize" --allow-requantize "$PERBIT_TEST_MODEL" base.gguf BF16 >log 2>&1
mkdir models
"$PERBIT" quantize -q base.gguf models Q4_K_M
mv models/base-Q4_K_M.gguf q4.gguf
cat >study.yaml <<END
models: [{ name: real, path: base.gguf, files: { Q4_K_M: q4.gguf } }]
levels: [BF16, Q4_K_M]
measures: [perplexity, kl]
file: $text
n_ctx: 128
n_batch: 128
n_chunks: 6
n_threads: 1
store: whole.db
END
sed 's/whole.db/killed.db/' study.yaml >killed.yaml

cat >values.py <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
if len(sys.argv) > 2:
    print(db.execute("SELECT count(*) FROM series").fetchone()[0] if sys.argv[2] == "count" else "")
    sys.exit()
for row in db.execute("""
    SELECT v.level, c.kind, c.status, x.metric, x.slot, x.idx, x.vals FROM cell c JOIN variant v ON v.id = c.variant_id
    JOIN (SELECT cell_id, metric, slot, idx, hex(vals) AS vals FROM series
          UNION ALL SELECT cell_id, metric, slot, idx, printf('%.17g', value) FROM measure
          WHERE metric NOT IN ('decode_s', 'job_s', 'load_s', 'cell_s')) x ON x.cell_id = c.id
    ORDER BY 1, 2, 4, 5, 6"""):
    print(*row)
END

start=$(date +%s.%N)
"$PERBIT" run -q study.yaml
# Each kill comes within 0.3 of the time that the whole run took: the first three never come too late.
limit=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f", 0.3 * (b - a) }')
python3 values.py whole.db >want
n_killed=0 seen=
for _ in $(seq $n_kills); do
    set -m # a process group of its own, so that its workers can be killed with it
    "$PERBIT" run -q killed.yaml >>log 2>&1 &
    pid=$!
    set +m
    sleep "$(awk -v r=$RANDOM -v limit=$limit 'BEGIN { printf "%.3f", (0.05 + 0.95 * r / 32767) * limit }')"
    if [ $((RANDOM % 2)) = 0 ]; then kill -9 $pid 2>/dev/null && n_killed=$((n_killed + 1)) || true
    else kill -9 -- -$pid 2>/dev/null && n_killed=$((n_killed + 1)) || true; fi
    wait $pid 2>/dev/null || true
    [ ! -e killed.db ] || seen="$seen $(python3 values.py killed.db count)"
done
"$PERBIT" run -q killed.yaml
python3 values.py killed.db >got
echo "# $n_killed of $n_kills runs killed, after so many chunks:$seen, of $(python3 values.py whole.db count)"

status=0
if [ $n_killed -ge 3 ]; then echo "ok 1 - at least three runs were killed"; else echo "not ok 1 - only $n_killed runs were killed"; status=1; fi
if [ "$(wc -l <want)" -gt 100 ] && cmp want got; then echo "ok 2 - the same values bit by bit"; else echo "not ok 2 - other values"; status=1; fi
echo 1..2
exit $status
