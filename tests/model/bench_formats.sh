#!/usr/bin/env bash
# perbit speed in each of llama-bench's formats: its fields, in its order, then ours; each file read by a parser.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/perbit-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

reference() { # FORMAT OTHER: two formats of one run
    "$PERBIT_ENGINE_BIN/llama-bench" -m "$PERBIT_TEST_MODEL" -p 16 -n 4 -r 1 --no-warmup -ngl 0 -t 1 -o "$1" -oe "$2" \
        >"ref.$1" 2>"ref.$2"
}
reference json sql
reference csv md
reference jsonl json
for format in json jsonl csv md sql; do # measured once: the store knows the cell
    "$PERBIT" speed "$PERBIT_TEST_MODEL" -p 16 -n 4 -r 1 --n_warmup 0 -t 1 --store s.db -q -o $format >our.$format
done
"$PERBIT" show speed s.db -o md >shown.md
cmp shown.md our.md

python3 - <<'END'
import csv, json, sqlite3

OURS = ["model", "level", "adapter", "adapter_scale", "weights", "size_gb", "test", "settings", "sd_ts", "median_ts", "median_lo_ts", "median_hi_ts", "repetitions", "ttft_s",
        "token_p50_ms", "token_p95_ms", "bandwidth_pct", "load_avg", "steal_pct", "throttled", "engine", "machine"]
MEASURED = {"model_filename", "test_time", "avg_ns", "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts"}
DIFFERS = {"load_mode": ("auto", "mmap")}  # perbit's default is not llama-bench's

def json_rows(who):
    return json.load(open(f"{who}.json"))
def jsonl_rows(who):
    return [json.loads(line) for line in open(f"{who}.jsonl")]
def csv_rows(who):
    return list(csv.DictReader(open(f"{who}.csv", newline="")))
def sql_rows(who):
    db = sqlite3.connect(":memory:")
    text = open(f"{who}.sql").read()
    db.executescript(text[text.index("CREATE" if who == "ref" else "BEGIN"):])
    cursor = db.execute("SELECT * FROM llama_bench ORDER BY rowid")
    return [dict(zip([c[0] for c in cursor.description], row)) for row in cursor]
def md_rows(who):
    lines = [line for line in open(f"{who}.md") if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row)) for row in cells[2:]]

def check(name, rows, ours=OURS):
    reference, mine = rows("ref"), rows("our")
    assert len(reference) == len(mine) == 2, (name, len(reference), len(mine))
    for theirs, row in zip(reference, mine):
        fields = list(theirs)
        assert list(row)[:len(fields)] == fields, (name, fields, list(row))
        if ours:
            assert list(row)[len(fields):] == ours, (name, list(row)[len(fields):])
    print("ok -", name, "fields and order")
    for theirs, row in zip(reference, mine):
        for key, value in theirs.items():
            if key in MEASURED or key == "t/s":
                continue
            wanted = DIFFERS[key] if key in DIFFERS else (value, value)
            assert (value, row[key]) == wanted, (name, key, value, row[key])
            assert type(value) is type(row[key]), (name, key)
    print("ok -", name, "values that describe the set-up")
    return mine

for row in check("json", json_rows):
    assert len(row["samples_ns"]) == len(row["samples_ts"]) == row["repetitions"] == 1
    assert type(row["samples_ns"][0]) is int and row["samples_ns"][0] == row["avg_ns"] > 0 and row["stddev_ns"] == 0
    assert abs(row["avg_ts"] / (1e9 * (row["n_prompt"] + row["n_gen"]) / row["avg_ns"]) - 1) < 1e-6
    assert row["stddev_ts"] == 0 and row["sd_ts"] is None and row["size_gb"] > 0
    assert row["throttled"] is False or row["throttled"] is True
assert json_rows("our")[0]["ttft_s"] > 0 and json_rows("our")[1]["token_p50_ms"] > 0
check("jsonl", jsonl_rows)
for row in check("csv", csv_rows):
    assert float(row["avg_ts"]) > 0 and "samples_ns" not in row
for row in check("sql", sql_rows):
    assert row["avg_ts"] > 0 and row["avg_ns"] > 0
for row in check("md", md_rows, None):
    mean, sd = row["t/s"].split(" ± ")
    assert float(mean) > 0 and float(sd) == 0
END
