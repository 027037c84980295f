# what a model may write: the same for ever, bytes that are no text, nothing at all, 50,000 characters, a prompt that its template
# refuses. Each is an outcome in the store, the task goes on, and the one plain answer is right.
mkdir -p yaml data/odd
cat >yaml/odd.yaml <<'YAML'
task: odd
dataset_path: odd
output_type: generate_until
test_split: test
doc_to_text: "Say {{what}}:"
doc_to_target: plain
generation_kwargs: {until: ["\n"], max_gen_toks: 50100}
metric_list: [{metric: exact_match}]
metadata: {version: 1.0}
YAML
python3 - <<'PY'
import json
words = ["stuck", "bytes", "nothing", "much", "raise", "plain"]
with open("data/odd/test.jsonl", "w") as f:
    f.writelines(json.dumps({"what": w}) + "\n" for w in words)
says = [{"after": "Say stuck:", "text": "and on ", "forever": True}, {"after": "Say bytes:", "text": [65, 0xff, 0xc3, 66, 0xe2, 0x82]},
        {"after": "Say nothing:", "text": ""}, {"after": "Say much:", "text": "0123456789" * 5000}, {"after": "Say plain:", "text": "plain"}]
template = "{% for m in messages %}{% if 'raise' in m['content'] %}{{ raise_exception('I will not') }}{% endif %}{{ m['content'] }}{% endfor %}"
json.dump({"perbit_fake_model": 1, "name": "odd", "seed": 7, "n_ctx_train": 60000, "chat_template": template, "says": says}, open("odd.gguf", "w"))
PY
ask() { $PERBIT eval odd.gguf --data data --include_path yaml --tasks odd -q --apply_chat_template --request_ctx 120000 "$@"; }
ask --store odd.db --log_samples --output_path out >table.txt
grep -qE '^odd +BF16 +odd +1\.0 +0 +exact_match ' table.txt
python3 - <<'PY'
import csv, glob, json, sqlite3
db = sqlite3.connect("odd.db")
assert db.execute("SELECT status, reason FROM cell").fetchall() == [("done", "")]
got = {i: (text, n, why) for i, text, n, why in db.execute("SELECT idx, text, n_tokens, why FROM generated ORDER BY idx")}
stuck = ("and on " * 7200)[:50100]
assert got[0] == (stuck, 50100, "limit"), (got[0][0][:40], got[0][1:])
assert got[1] == ("A\ufffd\ufffdB\ufffd", 7, "eog"), got[1]
assert got[2] == ("", 1, "eog"), got[2]
assert got[3] == ("0123456789" * 5000, 50001, "eog"), (got[3][0][:40], got[3][1:])
assert got[4][2] == "error" and "I will not" in got[4][0], got[4]
assert got[5] == ("plain", 6, "eog"), got[5]
scores = dict(db.execute("SELECT idx, value FROM measure WHERE metric = 'exact_match'"))
assert scores == {0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 1}, scores
lines = [json.loads(x) for x in open(glob.glob("out/*/samples_odd_*.jsonl")[0])]
assert [len(x["resps"][0][0]) for x in lines] == [50100, 5, 0, 50000, 0, 5], [len(x["resps"][0][0]) for x in lines]
own = json.load(open(glob.glob("out/*/results_*.json")[0]))["perbit"]["tasks"]["odd"]
assert own["ended_at_token_limit"] == 1 and own["without_answer"] == 1, own
PY
$PERBIT show tasks odd.db --json | python3 -c '
import json, sys
r = json.load(sys.stdin)[0]
assert (r["n"], r["n_limit"], r["n_error"]) == (6, 1, 1) and abs(r["value"] - 1 / 6) < 1e-12, r'
# the stored texts score the same
$PERBIT rescore odd.db --data data --include_path yaml 2>log >/dev/null
grep -q '6 documents, 0 values changed, 0 added' log
