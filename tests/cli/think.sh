# thinking models: the templates of Qwen 3 and DeepSeek R1 Distill, as the engine's tree has them, on a fake model that says what
# such a model says
: "${PERBIT_ENGINE_SHARE:?names the folder with the engine's templates/}"
mkdir -p yaml data/one
cat >yaml/one.yaml <<'YAML'
task: one
dataset_path: one
output_type: generate_until
test_split: test
doc_to_text: "{{question}}"
doc_to_target: "5"
generation_kwargs: {until: ["Two"], max_gen_toks: 60}
filter_list: [{name: number, filter: [{function: regex, regex_pattern: '#### ([0-9])'}, {function: take_first}]}]
metric_list: [{metric: exact_match}]
metadata: {version: 1.0}
YAML
cat >yaml/pick.yaml <<'YAML'
task: pick
dataset_path: one
output_type: multiple_choice
test_split: test
doc_to_text: "{{question}}"
doc_to_choice: ["4", "5"]
doc_to_target: 1
metric_list: [{metric: acc}]
metadata: {version: 1.0}
YAML
echo '{"question": "What is 2 + 3?"}' >data/one/test.jsonl
python3 - <<'PY'
import json, os
share = os.environ["PERBIT_ENGINE_SHARE"]
def model(name, template, start):
    text = open(f"{share}/templates/{template}.jinja").read()
    says = [{"after": start, "text": ("" if start.endswith("<think>\n") else "<think>\n") + "Two and three.\n</think>\n\n#### 4"},
            {"after": "</think>\n\n", "text": "#### 5"}]
    json.dump({"perbit_fake_model": 1, "name": name, "seed": 7, "chat_template": text, "says": says}, open(name + ".gguf", "w"))
model("qwen3", "Qwen-Qwen3-0.6B", "<|im_start|>assistant\n")
model("r1", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "<think>\n")
model("r1q", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "<think>\n")
model("qwen2", "Qwen-Qwen2.5-7B-Instruct", "<|im_start|>assistant\n")
PY
ask() { model=$1; shift; rm -rf out $model.db; $PERBIT eval $model.gguf --data data --include_path yaml --tasks one -q --apply_chat_template --store $model.db --log_samples --output_path out "$@"; }
# model, text, tokens, tokens of reasoning, score; prompt's end
expect() {
    python3 - "$@" <<'PY'
import glob, json, sqlite3, sys
model, text, n, n_think, score, end = sys.argv[1:]
got = sqlite3.connect(model + ".db").execute("SELECT text, n_tokens, n_think_tokens, why FROM generated").fetchall()
assert got == [(text, int(n), int(n_think), "eog")], got
line = json.loads(open(glob.glob("out/*/samples_one_*.jsonl")[0]).read())
assert line["exact_match"] == float(score), line
prompt = line["arguments"]["gen_args_0"]["arg_0"]
assert prompt.endswith(end), repr(prompt)
own = json.load(open(glob.glob("out/*/results_*.json")[0]))["perbit"]["tasks"]["one"]
assert own["reasoning_tokens_mean"] == int(n_think), own
PY
}
whole='Two and three.
</think>

#### 4'
# reasoning is written to its end, not to the task's stop text, and never scored; its length is a row of the table
ask qwen3 --think on >table.txt
expect qwen3 "<think>
$whole" 40 31 0 '<|im_start|>assistant
'
grep -qE '^qwen3 +BF16 +one +1\.0 +0 +reasoning_tokens +1 +31\.0' table.txt
ask r1 --think on >/dev/null
expect r1 "$whole" 32 23 0 '<think>
'
ask r1q --think on >/dev/null
expect r1q "$whole" 32 23 0 '<think>
'
# a budget: closed after so many tokens, and the answer after it is the one that counts
ask qwen3 --think 12 >/dev/null
expect qwen3 '<think>
Two 
</think>

#### 5' 19 12 1 '<|im_start|>assistant
'
ask r1 --think 3 >/dev/null
expect r1 'Two
</think>

#### 5' 10 3 1 '<think>
'
# off: by the template's own switch, or closed behind its prompt
closed='<think>

</think>

'
ask qwen3 --think off >table.txt
expect qwen3 '#### 5' 7 0 1 "<|im_start|>assistant
$closed"
! grep -q reasoning_tokens table.txt
ask r1 --think off >/dev/null
expect r1 '#### 5' 7 0 1 "$closed"
# a template without a notion of thinking, or none at all: refused by name; on and auto are not
for mode in off 12; do
    status=0
    ask qwen2 --think $mode >/dev/null 2>err.txt || status=$?
    [ $status = 1 ] && [ "$(wc -l <err.txt)" = 1 ]
    grep -q -e "--think $mode: the model's chat template" err.txt
done
ask qwen2 --think on >/dev/null
ask qwen2 >/dev/null
status=0
$PERBIT eval qwen3.gguf --data data --include_path yaml --tasks one -q --think off >/dev/null 2>err.txt || status=$?
[ $status = 1 ]
grep -q -e '--think off needs --apply_chat_template' err.txt
# what is only read: its prompt changes with the template's switch, so a chat is asked again; plain text is not
sql() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$@"; }
pick() { $PERBIT eval qwen3.gguf --data data --include_path yaml --tasks pick -q --store pick.db "$@" >/dev/null; }
pick --apply_chat_template
pick --apply_chat_template --think off
[ "$(sql pick.db 'SELECT count(*) FROM cell')" = 2 ]
[ "$(sql pick.db "SELECT count(DISTINCT vals) FROM series WHERE metric = 'logprob'")" = 2 ]
pick
pick --think on
[ "$(sql pick.db 'SELECT count(*) FROM cell')" = 3 ]
