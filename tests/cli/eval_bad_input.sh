# what can be wrong with tasks and their data: one clear line each, and the right status
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
expect() { # STATUS TEXT OPTIONS-OF-ask...
    want=$1 text=$2 status=0
    shift 2
    ask -q "$@" >out 2>log || status=$?
    [ $status = $want ] || { echo "$*: status $status, not $want"; cat log; exit 1; }
    grep -qF -- "$text" log || { echo "$*: no '$text' in:"; cat log; exit 1; }
    [ "$(grep -c ^error log)" = 1 ] || { echo "$*: not one line:"; cat log; exit 1; }
}
task() { # NAME FILE-OF-ROWS LINES-ON-TOP...
    name=$1 rows=$2
    shift 2
    {
        printf 'task: %s\ndataset_path: json\ndataset_kwargs: {data_files: {test: %s}}\ntest_split: test\n' "$name" "$rows"
        printf 'output_type: multiple_choice\nmetric_list: [{metric: acc}]\n'
        printf '%s\n' "$@"
    } >"yaml/$name.yaml"
}
q='doc_to_text: "{{thing}} is"' c='doc_to_choice: choices' t='doc_to_target: gold'

# the command line
expect 2 "there is no task, group or tag 'colour'; did you mean 'colours'?" --tasks colour
expect 2 'missing option --tasks'
expect 2 '--log_samples: say with --output_path where the samples go' --tasks sums --log_samples
expect 2 "--seed: expected one number or four with commas, found '1,2'" --tasks sums --seed 1,2
expect 2 "--seed: expected a number from 0 on for the examples, found 'x'" --tasks sums --seed x
expect 2 "no task, group or tag matches 'zz*'" --tasks 'zz*'
expect 2 'limit: expected' --tasks sums --limit=-1
expect 1 'nowhere: expected a folder of data sets' --tasks sums --data nowhere
expect 1 'no_such_folder: No such file or directory' --tasks sums --include_path no_such_folder

# a task file
task unknown_key colours/test.jsonl "$q" "$c" "$t" 'doc_to_txt: x'
expect 1 'yaml/unknown_key.yaml:10: doc_to_txt: no key of a task file' --tasks unknown_key
task no_choices colours/test.jsonl "$q" "$t"
expect 1 "task no_choices: multiple_choice expects a key 'doc_to_choice'" --tasks no_choices
task code colours/test.jsonl "$q" "$c" "$t" 'process_docs: !function utils.process_docs'
expect 1 'yaml/code.yaml:10: process_docs: perbit has no !function utils.process_docs' --tasks code
task syntax colours/test.jsonl "$q" "$c" 'doc_to_target: "{{gold"'
expect 1 'yaml/syntax.yaml:9' --tasks syntax

# rows
task missing nothing/test.jsonl "$q" "$c" "$t"
expect 1 'nothing/test.jsonl' --tasks missing
sed '40s/.*/{"thing": "half a row", "choi/' data/colours/test.jsonl >data/broken.jsonl
task broken broken.jsonl "$q" "$c" "$t"
expect 1 'broken.jsonl: row 40' --tasks broken
head -c 5000 data/colours/test.jsonl >data/cut.jsonl
task cut cut.jsonl "$q" "$c" "$t"
expect 1 'cut.jsonl: row ' --tasks cut
printf 'PAR1 and then nothing more of it' >data/cut.parquet
task parquet cut.parquet "$q" "$c" "$t"
expect 1 'cut.parquet' --tasks parquet
: >data/empty.jsonl
task empty empty.jsonl "$q" "$c" "$t"
expect 1 'empty' --tasks empty
task variable colours/test.jsonl 'doc_to_text: "{{thinng}} is"' "$c" "$t"
expect 1 "variable: doc 0 of test: yaml/variable.yaml:7: doc_to_text: " --tasks variable
grep -qF thinng log
sed '31s/"gold": 1/"gold": 7/' data/colours/test.jsonl >data/gold.jsonl
task gold gold.jsonl "$q" "$c" "$t"
expect 1 'gold: doc 30 of test: yaml/gold.yaml:9: doc_to_target: the target is choice 7 (from 0), but there are 3 choices' \
    --tasks gold
task shots colours/test.jsonl "$q" "$c" "$t" 'training_split: train' 'num_fewshot: 3'
expect 1 'train' --tasks shots

# a bad row in the middle: that task fails with its place, the others are asked, and their files are written
sed '140s/"choices": \[[^]]*\]/"choices": 5/' data/colours/test.jsonl >data/late.jsonl
task late late.jsonl "$q" "$c" "$t"
status=0
ask -q --tasks late,sums,broken --store part.db --output_path o >out 2>log || status=$?
[ $status = 3 ]
grep -qE '^error: (.*)late: doc 139 of test: yaml/late.yaml:8: doc_to_choice: ' log
grep -q '^error: .*broken.jsonl: row 40' log
[ "$(grep -c ^error log)" = 2 ]
grep -qE '^tiny +BF16 +sums +2.0 +0 +acc +500' out
! grep -q ' late ' out
python3 - <<'EOF'
import glob, json
r = json.load(open(glob.glob("o/tiny.gguf/results_*.json")[0]))
assert list(r["results"]) == ["sums"] and sorted(r["perbit"]["failed"]) == ["broken", "late"], r["perbit"]["failed"]
assert "doc 139" in r["perbit"]["failed"]["late"]
EOF
# mended, it goes on from what is there
cp data/colours/test.jsonl data/late.jsonl
ask -q --tasks late,sums --store part.db >out
grep -qE '^tiny +BF16 +late +0 +acc +400' out
