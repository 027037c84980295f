# perbit eval on a fake model: the table, resuming after kill -9, sharing, files, a study with tasks
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
numbers() { $PERBIT show tasks "$1" --output csv | cut -d, -f1-20; } # without the settings
ask --tasks made -q >table.txt
head -1 table.txt | grep -q '^SYNTHETIC DATA'
grep -qE '^tiny +BF16 +colours +1\.0 +2 +acc +400 ' table.txt
grep -qE '^tiny +BF16 +sums +2\.0 +0 +acc +500 ' table.txt
grep -qE '^tiny +BF16 +made +acc +900 ' table.txt
grep -q 'made (macro)' table.txt
ask --tasks quick -q --output csv >tag.csv # a tag: the same tasks, no group
grep -q ',colours,task,' tag.csv && ! grep -q ',made,' tag.csv

# undisturbed
ask --tasks made -q --store whole.db --log_samples --output_path whole >/dev/null
numbers whole.db >want.csv
[ "$(wc -l <want.csv)" -ge 6 ]

# kill -9 again and again, later until the first chunk is stored, then to the end: the same numbers, the same samples
sed 's/"n_params"/"delay_us_per_token":40,"n_params"/' tiny.gguf >slow.json
cp tiny.gguf quick.json
cp slow.json tiny.gguf
i=0
in_part=0
wait_ms=200
while [ $i -lt 15 ]; do
    i=$((i + 1))
    $PERBIT eval tiny.gguf --data data --include_path yaml --tasks made -q --store killed.db >/dev/null 2>&1 &
    pid=$!
    sleep $((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    n=$(python3 -c '
import os, sqlite3
if os.path.exists("killed.db"):
    c = sqlite3.connect("killed.db")
    assert c.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    print(c.execute("SELECT count(*) FROM series WHERE metric = ?", ("logprob",)).fetchone()[0])
else:
    print(0)')
    [ $n = 0 ] || [ $n = 900 ] || in_part=$((in_part + 1))
    [ $n != 0 ] || wait_ms=$((wait_ms + 80))
    [ $n != 900 ] || break
done
echo "stopped in the middle $in_part times"
[ $in_part -ge 1 ]
ask --tasks made -q --store killed.db --log_samples --output_path killed >/dev/null
numbers killed.db >got.csv
cut -d, -f1-3,5-20 want.csv >a.csv # the model file differs by its delay
cut -d, -f1-3,5-20 got.csv >b.csv
cmp a.csv b.csv
for task in colours sums; do
    cmp whole/tiny.gguf/samples_${task}_*.jsonl killed/tiny.gguf/samples_${task}_*.jsonl
done
cp quick.json tiny.gguf

# nothing left to do: no document is asked again
ask --tasks made --store whole.db >/dev/null 2>log
numbers whole.db | cmp - want.csv

# each request whole: the same numbers
ask --tasks made -q --no-share_prefixes --store unshared.db >/dev/null
numbers unshared.db >unshared.csv
cmp want.csv unshared.csv

# files: where they are, what they say
[ "$(ls whole/tiny.gguf | wc -l)" = 3 ]
ask --tasks sums -q --limit 3 --output_path some/where/r.json --log_samples >/dev/null
ls some/where/r_????-??-??T??-??-??.??????.json some/where/samples_sums_*.jsonl >/dev/null
python3 - <<'EOF'
import glob, json
r = json.load(open(glob.glob("whole/tiny.gguf/results_*.json")[0]))
assert r["synthetic"] is True and r["perbit"]["synthetic"] is True
assert list(r)[:4] == ["synthetic", "results", "groups", "group_subtasks"]
assert r["results"]["made"]["sample_len"] == 900 and r["n-samples"]["sums"] == {"original": 500, "effective": 500}
assert r["group_subtasks"] == {"made": ["colours", "sums"]} and r["n-shot"] == {"colours": 2, "sums": 0}
lines = [json.loads(x) for x in open(glob.glob("whole/tiny.gguf/samples_colours_*.jsonl")[0])]
assert len(lines) == 400 and all(x["synthetic"] is True for x in lines)
assert [x["doc_id"] for x in lines] == list(range(400))
assert sum(x["acc"] for x in lines) / 400 == r["results"]["colours"]["acc,none"]
low, high = (r["perbit"]["tasks"]["sums"]["interval_95"]["acc"][k] for k in ("low", "high"))
assert low < r["results"]["sums"]["acc,none"] < high
EOF
[ -z "$(find . -name '*.tmp.*')" ]

# a study: two levels, and no measure but tasks
cat >study.yaml <<'EOF'
name: tiny
models: [tiny.gguf]
levels: [BF16, Q8_0]
tasks: [colours, sums]
data: data
include_path: yaml
limit: 20
store: study.db
output_path: study_out
EOF
$PERBIT run study.yaml -q
$PERBIT show tasks study.db --output csv >study.csv
[ "$(grep -c ',colours,' study.csv)" = 4 ]
[ "$(grep -c ',sums,' study.csv)" = 2 ]
[ "$(find study_out -name 'results_*.json' | wc -l)" = 2 ]
