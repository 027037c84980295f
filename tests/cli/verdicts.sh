# compare, rank and recommend on fake models: the same figures from a store, from samples files and from model files
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
says() { tr "\n" " " <"$1" | grep -qF -- "$2"; } # sentences are wrapped
opts="--data data --include_path yaml"
sed -i 's/^measures:.*/measures: [speed, memory]/' study.yaml
cat >>study.yaml <<'END'
tasks: [made]
data: data
include_path: yaml
END
$PERBIT run study.yaml -q

# a store: variants by level, by model and level, and by the store's name
$PERBIT compare tiny.db:tiny@BF16 tiny.db:tiny@Q4_K_M -o csv >a.csv 2>log
$PERBIT compare BF16 Q4_K_M --store tiny.db -o csv | cmp - a.csv
head -1 a.csv | grep -q '^data,task,metric,a,b,n,value_a,value_b,difference,lo,hi,lost,gained,flips,changed,p_mcnemar,p,p_holm,verdict,margin,paired,sentence'
grep -q '^SYNTHETIC,made,acc,tiny BF16,tiny Q4_K_M,900,' a.csv
$PERBIT compare BF16 Q4_K_M --store tiny.db >a.txt 2>log
head -1 a.txt | grep -q '^SYNTHETIC DATA'
says a.txt 'verdict at a margin of 1 point: '

# the counts by another hand: scores straight from the store
python3 - <<'END'
import csv, sqlite3
c = sqlite3.connect("tiny.db")
def scores(level):
    return dict(((t, i), v) for t, i, v in c.execute(
        "SELECT substr(cell.task, 1, 4), m.idx, m.value FROM measure m JOIN cell ON cell.id = m.cell_id JOIN variant v ON v.id = cell.variant_id "
        "WHERE v.level = ? AND cell.kind = 'task' AND m.metric = 'acc'", (level,)))
a, b = scores("BF16"), scores("Q4_K_M")
row = next(csv.DictReader(open("a.csv")))
assert len(a) == 900 and a.keys() == b.keys()
assert int(row["lost"]) == sum(a[k] > b[k] for k in a) and int(row["gained"]) == sum(a[k] < b[k] for k in a)
assert abs(float(row["difference"]) - 100 * sum(b[k] - a[k] for k in a) / 900) < 1e-9
assert int(row["changed"]) >= int(row["lost"]) + int(row["gained"]) > 0
END

# flipped questions with their texts, both answers different, one of them right
$PERBIT compare BF16 Q4_K_M --store tiny.db --items $opts -o csv >items.csv 2>log
! grep -q 'no questions' log
python3 - <<'END'
import csv
rows, task = list(csv.DictReader(open("items.csv"))), next(csv.DictReader(open("a.csv")))
assert len(rows) == int(task["lost"]) + int(task["gained"]) > 0
for r in rows:
    assert (r["gold"] == r["answer_a"]) == (r["flip"] == "lost") and (r["gold"] == r["answer_b"]) == (r["flip"] == "gained"), r
    assert r["question"] and r["answer_a"] != r["answer_b"], r
END

# the page of the store has the same texts; without the rows, or with others, it says why not
$PERBIT report page --store tiny.db $opts >/dev/null
$PERBIT report no_rows --store tiny.db --data nowhere --include_path yaml >/dev/null
mkdir -p other && cp -r data other/ && sed -i 's/lemon/melon/' other/data/colours/*.jsonl
$PERBIT report other_rows --store tiny.db --data other/data --include_path yaml >/dev/null
python3 - <<'END'
import csv, json, re
def data(folder):
    return json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', open(folder + "/index.html").read(), re.S).group(1))
page = data("page")
texts = set(page["items"][0]["questions"].values())
assert page["no_questions"] is None and {r["question"] for r in csv.DictReader(open("items.csv"))} <= texts
for folder, why in ("no_rows", "nowhere"), ("other_rows", "not those that were asked"):
    page = data(folder)
    assert not page["items"][0]["questions"] and why in page["no_questions"], (folder, page["no_questions"])
END

# the same from files in lm-eval's form, ours here
for l in Q8_0 Q4_K_M; do $PERBIT eval models/tiny-$l.gguf $opts --tasks made --output_path out-$l --log_samples -q -o csv >/dev/null; done
$PERBIT compare out-Q8_0 out-Q4_K_M -o csv >files.csv
$PERBIT compare Q8_0 Q4_K_M --store tiny.db -o csv >store.csv
python3 - <<'END'
import csv
files = {r["task"]: r for r in csv.DictReader(open("files.csv"))}
store = next(csv.DictReader(open("store.csv")))
assert set(files) == {"colours", "sums", "composite"}, files.keys()
for key in "lost", "gained":
    # colours stands alone here, and is looked at by acc_norm; in the store it is a part of made, by acc: sums is the same
    assert int(files["sums"][key]) <= int(store[key])
assert int(files["sums"]["n"]) == 500 and int(files["colours"]["n"]) == 400 and files["colours"]["metric"] == "acc_norm"
assert all(r["data"] == "SYNTHETIC" for r in files.values())
END
$PERBIT compare out-Q8_0 out-Q4_K_M --items -o csv >files_items.csv
python3 - <<'END'
import csv
for r in csv.DictReader(open("files_items.csv")):
    assert (r["gold"] == r["answer_a"]) == (r["flip"] == "lost"), r
END
rm out-*/*/samples_*
$PERBIT compare out-Q8_0 out-Q4_K_M >totals.txt
says totals.txt 'totals alone'

# two model files: measured first, the same figures as from the files of lm-eval's form
$PERBIT compare models/tiny-Q8_0.gguf models/tiny-Q4_K_M.gguf $opts --tasks sums -o csv -q >models.csv
python3 - <<'END'
import csv
a, b = next(csv.DictReader(open("models.csv"))), {r["task"]: r for r in csv.DictReader(open("files.csv"))}["sums"]
for key in "n", "value_a", "value_b", "difference", "lost", "gained", "changed", "lo", "hi":
    assert a[key] == b[key], (key, a[key], b[key])
END

# with a limit, in a store that has all questions too: not mixed
$PERBIT eval models/tiny-Q8_0.gguf models/tiny-Q4_K_M.gguf $opts --tasks sums --store both.db -q -o csv >/dev/null
$PERBIT compare models/tiny-Q8_0.gguf models/tiny-Q4_K_M.gguf $opts --tasks sums --limit 40 --store both.db -q -o csv >limit.csv
python3 -c 'import csv; assert next(csv.DictReader(open("limit.csv")))["n"] == "40"'

# one model has no ranking, and says so; recommendations say where memory is from
$PERBIT rank tiny.db >rank.txt
says rank.txt 'No ranking: there is one model alone'
$PERBIT rank tiny.db -o json >rank.json
python3 -c 'import json; assert json.load(open("rank.json")) == []'
$PERBIT recommend tiny.db --ram 4GiB >recommend.txt
says recommend.txt '4.00 GiB of memory, 1.00 GiB of it kept'
says recommend.txt '(measured, at 4096 tokens of context)'
$PERBIT recommend tiny.db --ram 1MB --reserve 0 >recommend.txt
says recommend.txt 'nothing that was measured can be recommended'
$PERBIT recommend tiny.db --table -o csv >table.csv
[ $(wc -l <table.csv) = 4 ]
$PERBIT recommend tiny.db --task_weights made=1 -o json >rows.json
python3 -c 'import json; r = json.load(open("rows.json")); assert len(r) == 3 and r[0]["standing"] == "recommended" and r[0]["data"] == "SYNTHETIC"'

# two models with three levels: a ranking of the fake
sed 's/"seed":7/"seed":8/; s/"name":"tiny"/"name":"other"/' tiny.gguf >other.gguf
sed -i 's/^models:.*/models: [tiny.gguf, other.gguf]/' study.yaml
$PERBIT run study.yaml -q
$PERBIT rank study.yaml >rank.txt
says rank.txt 'Do rankings at BF16 hold?'
$PERBIT rank levels study.yaml -o csv | grep -q '^SYNTHETIC,made,Q8_0,2,'
for view in inversions places cliffs sensitivity; do $PERBIT rank $view study.yaml -o json >view.json; python3 -m json.tool view.json >/dev/null; done

# mistakes
fails() {
    want=$1
    shift
    status=0
    "$@" >/dev/null 2>log || status=$?
    [ $status = 2 ] || { echo "$*: status $status"; cat log; exit 1; }
    grep -qF -- "$want" log || { echo "$*: expected '$want'"; cat log; exit 1; }
}
fails "no variant 'tiny@Q5_K_M'" $PERBIT compare tiny@BF16 tiny@Q5_K_M --store tiny.db
fails "'Q8_0' is several variants: tiny@Q8_0, other@Q8_0" $PERBIT compare tiny@BF16 Q8_0 --store tiny.db
fails "no such file, and no variant of a store" $PERBIT compare nowhere nothing
fails "expected two variants of stores" $PERBIT compare tiny.gguf tiny.db
fails "missing option --tasks" $PERBIT compare tiny.gguf other.gguf
fails "no samples_*.jsonl and no results_*.json" $PERBIT compare yaml yaml
fails "task_weights: no task 'nothing'" $PERBIT recommend tiny.db --task_weights nothing
fails "--reserve: " $PERBIT recommend tiny.db --reserve much
fails "composite: no task 'nothing'" $PERBIT rank tiny.db --composite nothing
fails "expected KEY=VALUE" $PERBIT rank tiny.db --where num_fewshot
