#!/usr/bin/env bash
# LoRA adapters on a real model: scale 0 is no adapter bit by bit; perplexity with an adapter is llama-perplexity's --lora and
# --lora-scaled to the last digit; answers differ, and are a cell of their own that is resumed; what does not fit is one line.
set -eu
: "${PERBIT:?}" "${PERBIT_TEST_MODEL:?}" "${PERBIT_BUILD:?}" "${PERBIT_ENGINE_BIN:?}" "${PERBIT_SHARED:?names the folder with data/}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PERBIT_DATA=$PERBIT_SHARED/data XDG_CACHE_HOME=$dir/cache
threads=${PERBIT_TEST_THREADS:-2}
model=$PERBIT_TEST_MODEL text=$PERBIT_SHARED/data/wikitext2/wiki.test.raw
mklora=$PERBIT_BUILD/tests/mklora
"$mklora" "$model" "$dir/lora.gguf" 8 16 0.1

ppl() { "$PERBIT" perplexity "$model" -f "$text" --chunks 4 -t "$threads" -q --json "$@" |
    python3 -c 'import json, sys; r = json.load(sys.stdin)[-1]; print("PPL = %.4f +/- %.5f" % (r["ppl"], r["ppl_se"]))'; }
reference() { "$PERBIT_ENGINE_BIN/llama-perplexity" -m "$model" -f "$text" --chunks 4 -t "$threads" -ngl 0 "$@" 2>&1 |
    sed -n 's/.*\(PPL = .*\)/\1/p'; }
same() { # name got want
    [ -n "$3" ] && [ "$2" = "$3" ] || { echo "$1: perbit has $2, llama-perplexity $3"; exit 1; }
    echo "$1: $2"
}
bare=$(ppl --store "$dir/p.db")
zero=$(ppl --store "$dir/p.db" --adapter "$dir/lora.gguf:0")
one=$(ppl --store "$dir/p.db" --adapter "$dir/lora.gguf")
half=$(ppl --store "$dir/p.db" --adapter "$dir/lora.gguf:0.5")
same "without" "$bare" "$(reference)"
same "--lora" "$one" "$(reference --lora "$dir/lora.gguf")"
same "--lora-scaled 0.5" "$half" "$(reference --lora-scaled "$dir/lora.gguf:0.5")"
[ "$bare" != "$one" ] && [ "$one" != "$half" ] && [ "$bare" != "$half" ]
python3 - "$dir/p.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
series = {}
for adapter, scale, idx, vals in db.execute("SELECT adapter, adapter_scale, idx, vals FROM series JOIN cell ON cell.id = cell_id "
                                            "WHERE metric = 'nll'"):
    series.setdefault((adapter, scale), {})[idx] = vals
assert set(series) == {("", 0.0), ("lora", 0.0), ("lora", 1.0), ("lora", 0.5)}, set(series)
assert series["", 0.0] == series["lora", 0.0], "scale 0 is not the model as it is"
assert all(len({s[i] for s in series.values()}) == 3 for i in range(4))
PY

ask() { "$PERBIT" eval "$model" --tasks mmlu_anatomy,gsm8k --num_fewshot 1 --limit 8 --max_gen_toks 16 --slots 1 -t "$threads" \
    --store "$1" -q "${@:2}"; }
ask "$dir/e.db" >/dev/null
ask "$dir/e.db" --adapter "$dir/lora.gguf" >/dev/null
ask "$dir/e.db" --adapter "$dir/lora.gguf:0" >/dev/null
# stopped in the middle, and gone on with
ask "$dir/k.db" --adapter "$dir/lora.gguf" >/dev/null 2>&1 &
pid=$!
sleep 3
pkill -9 -P $pid 2>/dev/null || true
kill -9 $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
ask "$dir/k.db" --adapter "$dir/lora.gguf" >/dev/null
python3 - "$dir/e.db" "$dir/k.db" <<'PY'
import sqlite3, sys
def answers(path, adapter, scale):
    db = sqlite3.connect(path)
    of = ("FROM {} JOIN cell ON cell.id = cell_id WHERE adapter = ? AND adapter_scale = ?", (adapter, scale))
    return (db.execute("SELECT idx, vals " + of[0].format("series") + " AND metric = 'logprob' ORDER BY idx", of[1]).fetchall(),
            db.execute("SELECT idx, text " + of[0].format("generated") + " ORDER BY idx", of[1]).fetchall())
bare, zero, one = answers(sys.argv[1], "", 0), answers(sys.argv[1], "lora", 0), answers(sys.argv[1], "lora", 1)
assert all(len(x) == 8 for x in bare + zero + one), [len(x) for x in bare + zero + one]
assert bare == zero
assert all(a != b for a, b in zip(bare[0], one[0])) and bare[1] != one[1]
assert one == answers(sys.argv[2], "lora", 1), "answers differ after a resume"
db = sqlite3.connect(sys.argv[1])
assert db.execute("SELECT count(*), sum(attempts), count(DISTINCT variant_id) FROM cell").fetchone() == (6, 6, 1)
PY
ask "$dir/e.db" --adapter "$dir/lora.gguf" >/dev/null
[ "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT sum(attempts) FROM cell").fetchone()[0])' "$dir/e.db")" = 6 ]

# memory: predicted with what the adapter takes
"$PERBIT" memory "$model" -q --store "$dir/m.db" --memory_ctx 1024 -t "$threads" >/dev/null
"$PERBIT" memory "$model" -q --store "$dir/m.db" --memory_ctx 1024 -t "$threads" --adapter "$dir/lora.gguf" >/dev/null
python3 - "$dir/m.db" "$dir/lora.gguf" <<'PY'
import os, sqlite3, sys
v = dict(sqlite3.connect(sys.argv[1]).execute("SELECT adapter, value FROM measure JOIN cell ON cell.id = cell_id WHERE metric = 'pred_weights'"))
size = os.path.getsize(sys.argv[2])
assert 0.9 * size < v["lora"] - v[""] <= size, (v, size)
PY

wrong() { # message, adapter
    status=0
    "$PERBIT" perplexity "$model" -f "$text" --chunks 1 -q --adapter "$2" >"$dir/out" 2>"$dir/err" || status=$?
    [ $status = 1 ] && [ "$(wc -l <"$dir/err")" = 1 ] && grep -qF "$1" "$dir/err" || { echo "status $status, expected: $1"; cat "$dir/err"; exit 1; }
    sed "s|$dir/||g" "$dir/err"
}
"$mklora" --arch qwen3 "$model" "$dir/arch.gguf" 4 4 0.1
"$mklora" --type vector "$model" "$dir/type.gguf" 4 4 0.1
"$mklora" --width 64 "$model" "$dir/width.gguf" 4 4 0.1
head -c 200000 "$dir/lora.gguf" >"$dir/short.gguf"
head -c 100 "$dir/lora.gguf" >"$dir/head.gguf"
echo "no adapter" >"$dir/text.gguf"
wrong "gone.gguf: no such file" "$dir/gone.gguf"
wrong "not an adapter" "$model"
wrong "an adapter for models of architecture qwen3, this one is llama" "$dir/arch.gguf"
wrong "not a LoRA adapter (adapter.type is 'vector')" "$dir/type.gguf"
wrong "has incorrect shape" "$dir/width.gguf"
wrong "short.gguf: truncated" "$dir/short.gguf"
wrong "head.gguf: " "$dir/head.gguf"
wrong "text.gguf: " "$dir/text.gguf"
