# how texts are written counts where texts are written, and nowhere else: a task that is only read is not asked again
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
cat >yaml/written.yaml <<'YAML'
task: written
dataset_path: colours
output_type: generate_until
test_split: test
doc_to_text: "{{thing}} is"
doc_to_target: "{{choices[gold]}}"
generation_kwargs: {until: ["\n"], max_gen_toks: 8}
metric_list: [{metric: exact_match}]
metadata: {version: 1.0}
YAML
cat >yaml/both.yaml <<'YAML'
group: both
task: [colours, written]
metadata: {version: 1}
YAML
sql() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$@"; }
cells() { sql s.db "SELECT count(*) || ' ' || sum(attempts) FROM cell WHERE task LIKE '$1:%'"; }
run() { ask --tasks both -q --limit 24 --store s.db "$@" >/dev/null; }
run
[ "$(cells colours)" = '1 1' ] && [ "$(cells written)" = '1 1' ]
run
[ "$(cells colours)" = '1 1' ] && [ "$(cells written)" = '1 1' ]
n=1
for more in '--slots 2' '--max_gen_toks 4' '--temperature 0.8' '--temp 0.8 --top_k 5' '--temp 0.8 --top_p 0.5' '--temp 0.8 --gen_seed 3' \
    '--gen_kwargs until=x' '--think 4'; do
    n=$((n + 1))
    run $more
    [ "$(cells colours)" = '1 1' ] || { echo "$more: colours $(cells colours)"; exit 1; }
    [ "$(cells written)" = "$n $n" ] || { echo "$more: written $(cells written)"; exit 1; }
done
run --seed 0,1234,1234,7 # draws other examples: both
[ "$(cells colours)" = '2 2' ] && [ "$(cells written)" = "$((n + 1)) $((n + 1))" ]

# sampling: the same as through --gen_kwargs, another with another seed, greedy at 0
texts() { rm -f t.db; ask --tasks written -q --limit 12 --slots 1 --store t.db "$@" >/dev/null; sql t.db 'SELECT group_concat(text, "|") FROM (SELECT text FROM generated ORDER BY idx)'; }
greedy=$(texts)
drawn=$(texts --temperature 0.9 --top_k 40 --top_p 0.95)
[ "$greedy" != "$drawn" ]
[ "$drawn" = "$(texts --temp 0.9 --top-k 40 --top-p 0.95)" ]
[ "$drawn" = "$(texts --gen_kwargs do_sample=true,temperature=0.9,top_k=40,top_p=0.95)" ]
[ "$drawn" != "$(texts --temperature 0.9 --top_k 40 --top_p 0.95 --gen_seed 1)" ]
[ "$(texts --temp 0.9 --gen_seed 5)" = "$(texts --temp 0.9 --seed 1,2,5,1234)" ] # Torch's is the third, as in lm-eval
[ "$greedy" = "$(texts --temperature 0)" ]
[ "$greedy" = "$(texts --top_k 1 --temperature 5)" ]
[ "$greedy" = "$(texts --gen_kwargs do_sample=true,temperature=0.9 --temperature 0)" ] # the option is the last word
# in a study file
cat >s.yaml <<'EOF'
models: [tiny.gguf]
levels: [BF16]
tasks: written
include_path: yaml
data: data
limit: 12
slots: 1
temperature: 0.9
top_k: 40
top_p: 0.95
gen_seed: 1234
store: study.db
EOF
$PERBIT run s.yaml -q
[ "$drawn" = "$(sql study.db 'SELECT group_concat(text, "|") FROM (SELECT text FROM generated ORDER BY idx)')" ]
for bad in '--temperature -0.5' '--top_p 1.5' '--top_k -7' '--gen_seed x'; do
    status=0
    ask --tasks written -q --limit 2 $bad >/dev/null 2>log || status=$?
    [ $status != 0 ]
done
