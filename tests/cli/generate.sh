# generation tasks on a fake model: filters, resuming, rescoring, files, awkward answers
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
mkdir -p yaml data/sum8k data/marks
cat >yaml/sum8k.yaml <<'YAML'
task: sum8k
dataset_path: sum8k
output_type: generate_until
training_split: train
test_split: test
num_fewshot: 2
doc_to_text: "Question: {{question}}\nAnswer:"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["Question:"], do_sample: false, temperature: 0.0, max_gen_toks: 12}
filter_list:
  - {name: strict-match, filter: [{function: regex, regex_pattern: '#### (\-?[0-9\.\,]+)'}, {function: take_first}]}
  - {name: flexible-extract, filter: [{function: regex, group_select: -1, regex_pattern: '([0-9])'}, {function: take_first}]}
metric_list:
  - {metric: exact_match, ignore_case: true, regexes_to_ignore: [',', '(?s).*#### ']}
metadata: {version: 3.0}
YAML
cat >yaml/marks.yaml <<'YAML'
task: marks
dataset_path: marks
output_type: generate_until
test_split: test
doc_to_text: "Answer: {{answer}}\nScore from 0 to 5:"
perbit_rubric: {human: score, score_range: [0, 5], pattern: '[0-9]'}
generation_kwargs: {until: [], max_gen_toks: 6}
metadata: {version: 1.0}
YAML
cat >yaml/marks_logits.yaml <<'YAML'
task: marks_logits
dataset_path: marks
output_type: multiple_choice
test_split: test
fewshot_split: test
num_fewshot: 1
doc_to_text: "Answer: {{answer}}\nScore:"
doc_to_choice: ["1", "2", "3", "4", "5"]
perbit_rubric: {human: score, score_range: [1, 5], method: logits}
metadata: {version: 1.0}
YAML
python3 - <<'PY'
import json
def write(path, rows):
    with open(path, "w") as f:
        f.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
q = [{"question": f"What is {i} + {i * 3 % 7}?", "answer": f"Köln adds.\n#### {i + i * 3 % 7}"} for i in range(60)]
write("data/sum8k/test.jsonl", q[:45])
write("data/sum8k/train.jsonl", q[45:])
write("data/marks/test.jsonl", [{"answer": f"It is {i} because.", "score": i * 7 % 5 + 1} for i in range(30)])
PY
ask() { $PERBIT eval tiny.gguf --data data --include_path yaml "$@"; }
numbers() { $PERBIT show tasks "$1" --output csv | cut -d, -f1-20; } # without the settings
sql() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$@"; }

ask --tasks sum8k,marks,marks_logits -q --store whole.db --log_samples --output_path whole >table.txt
grep -qE '^tiny +BF16 +sum8k +3\.0 +2 +exact_match +strict-match +45 ' table.txt
grep -qE '^tiny +BF16 +sum8k +3\.0 +2 +exact_match +flexible-extract +45 ' table.txt
grep -qE '^tiny +BF16 +marks_logits +1\.0 +1 +quadratic_weighted_kappa +30 ' table.txt
grep -qE '^tiny +BF16 +marks +1\.0 +0 +mean_absolute_error ' table.txt
[ "$(sql whole.db 'SELECT count(*) FROM generated')" = 75 ]
numbers whole.db >want.csv

# the figures again, from the pairs in the store and from the answers
python3 - <<'PY'
import csv, json, re, sqlite3, struct
db = sqlite3.connect("whole.db")
rows = {(r["task"], r["metric"], r["filter"]): r for r in csv.DictReader(open("want.csv"))}
def cell(task):
    return db.execute("SELECT id FROM cell WHERE task LIKE ?", (task + ":%",)).fetchone()[0]
human = [json.loads(x)["score"] for x in open("data/marks/test.jsonl")]
pairs = []
for h, (text, why) in zip(human, db.execute("SELECT text, why FROM generated WHERE cell_id = ? ORDER BY idx", (cell("marks"),))):
    m = re.search("[0-9]", text)
    if m and int(m[0]) <= 5:
        pairs.append((h, int(m[0])))
r = rows["marks", "exact_agreement", ""] if ("marks", "exact_agreement", "") in rows else rows["marks", "exact_agreement", "none"]
assert int(r["n"]) == len(pairs) and int(r["n_unreadable"] or 0) == 30 - len(pairs), (r, len(pairs))
if pairs:
    assert abs(float(r["value"]) - sum(a == b for a, b in pairs) / len(pairs)) < 1e-9, r
stored = [struct.unpack("2d", v) for (v,) in db.execute("SELECT vals FROM series WHERE cell_id = ? AND metric = 'rating' ORDER BY idx", (cell("marks_logits"),))]
assert [s[0] for s in stored] == human and all(s[1] in (1, 2, 3, 4, 5) for s in stored)
mae = sum(abs(a - b) for a, b in stored) / 30
assert abs(float(rows["marks_logits", "mean_absolute_error", ""]["value"]) - mae) < 1e-9
texts = db.execute("SELECT text FROM generated WHERE cell_id = ? ORDER BY idx", (cell("sum8k"),)).fetchall()
gold = [json.loads(x)["answer"].split("#### ")[1] for x in open("data/sum8k/test.jsonl")]
right = sum((re.findall("[0-9]", t) or ["[invalid]"])[-1] == g for (t,), g in zip(texts, gold))
assert abs(float(rows["sum8k", "exact_match", "flexible-extract"]["value"]) - right / 45) < 1e-9
PY

# kill -9, then to the end: the same answers
sed 's/"n_params"/"delay_us_per_token":200,"n_params"/' tiny.gguf >slow.json
cp tiny.gguf quick.json
cp slow.json tiny.gguf
i=0
in_part=0
wait_ms=150
while [ $i -lt 25 ]; do
    i=$((i + 1))
    $PERBIT eval tiny.gguf --data data --include_path yaml --tasks sum8k -q --store killed.db >/dev/null 2>&1 &
    pid=$!
    sleep $(((wait_ms += 60) / 1000)).$(printf %03d $((wait_ms % 1000)))
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    [ -f killed.db ] || continue
    n=$(sql killed.db 'SELECT count(*) FROM sqlite_schema WHERE name = "generated"')
    [ "$n" = 1 ] || continue
    n=$(sql killed.db 'SELECT count(*) FROM generated')
    [ $n = 0 ] || [ $n = 45 ] || in_part=$((in_part + 1))
    [ $n != 45 ] || break
done
echo "stopped in the middle $in_part times"
[ $in_part -ge 1 ]
ask --tasks sum8k -q --store killed.db --log_samples --output_path killed >/dev/null
cmp whole/tiny.gguf/samples_sum8k_*.jsonl killed/tiny.gguf/samples_sum8k_*.jsonl
cp quick.json tiny.gguf

# rescore: no model; a changed value is set right; a new pattern of the rubric is other scores
cp whole.db s.db
mv tiny.gguf away
$PERBIT rescore s.db --data data --include_path yaml 2>log >/dev/null
grep -q '3 cells rescored: 105 documents, 0 values changed, 0 added' log
python3 -c '
import sqlite3
c = sqlite3.connect("s.db")
n = c.execute("UPDATE measure SET value = 1 - value WHERE metric = ? AND slot = 1 AND idx IN (3, 7)", ("exact_match",)).rowcount
c.commit()
assert n == 2, n'
$PERBIT rescore s.db --data data --include_path yaml 2>log >/dev/null
grep -q '2 values changed, 0 added' log
numbers s.db | cmp - want.csv
sed -i "s/pattern: '\[0-9\]'/pattern: 'no such thing'/" yaml/marks.yaml
$PERBIT rescore s.db --data data --include_path yaml 2>log >/dev/null
$PERBIT show tasks s.db --output csv | grep ',marks,' | grep -q ',exact_agreement,0,'
sed -i "s/pattern: 'no such thing'/pattern: '[0-9]'/" yaml/marks.yaml
mv away tiny.gguf

# the example of docs/TASKS.md
$PERBIT eval tiny.gguf --include_path "$PERBIT_SRC/tasks/rubric_example" --data "$PERBIT_SRC/tasks" \
    --tasks rubric_example,rubric_example_logits -q >table.txt
grep -qE 'rubric_example_logits +1\.0 +0 +quadratic_weighted_kappa +20 ' table.txt

# a chat template that refuses some documents: their reason is stored, the others are asked
python3 - <<'PY'
import json
m = json.load(open("tiny.gguf"))
m["chat_template"] = ("{% for m in messages %}{% if 'What is 7 ' in m['content'] and loop.last %}{{ raise_exception('seven is refused') }}"
                      "{% endif %}{{ m['content'] }}{% endfor %}")
json.dump(m, open("chatty.gguf", "w"))
PY
$PERBIT eval chatty.gguf --data data --include_path yaml --tasks sum8k -q --apply_chat_template --limit 10 --store chat.db >/dev/null
[ "$(sql chat.db "SELECT count(*) FROM generated WHERE why = 'error'")" = 1 ]
[ "$(sql chat.db "SELECT text LIKE '%seven is refused%' FROM generated WHERE why = 'error'")" = 1 ]
[ "$(sql chat.db "SELECT count(*) FROM measure WHERE metric = 'exact_match'")" = 20 ]

# reasoning with a budget: written first, closed, counted, never scored
ask --tasks sum8k -q --limit 4 --think 5 --store think.db >/dev/null

# settings: merged as lm-eval merges them; what is wrong is said
ask --tasks sum8k -q --limit 3 --gen_kwargs 'max_gen_toks=5,until=x' --slots 1 --log_samples --output_path merged >/dev/null
grep -q '"arg_1": {"until": "x", "do_sample": false, "temperature": 0.0, "max_gen_toks": 5}' merged/tiny.gguf/samples_*.jsonl
ask --tasks sum8k -q --limit 3 --max_gen_toks 4 --store few.db >/dev/null
[ "$(sql few.db 'SELECT max(n_tokens) FROM generated')" -le 4 ]
for bad in 'beams=4' 'max_gen_toks=0' 'nonsense' '{"top_p": 3}'; do
    status=0
    ask --tasks sum8k -q --limit 3 --gen_kwargs "$bad" >/dev/null 2>log || status=$?
    [ $status != 0 ]
    grep -q -e 'gen_kwargs' -e 'generation' log
done
ask --tasks sum8k -q --limit 8 --gen_kwargs 'do_sample=true,temperature=0.9,top_k=40' --store a.db >/dev/null
ask --tasks sum8k -q --limit 8 --gen_kwargs 'do_sample=true,temperature=0.9,top_k=40' --store b.db --slots 4 >/dev/null
numbers a.db >a.csv
numbers b.db | cmp - a.csv
