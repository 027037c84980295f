# perbit tasks: lists, one task as it is asked, files that are refused
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
$PERBIT tasks --output csv >all.csv
grep -q '^arc_challenge,task,multiple_choice,0,test,train,"acc, acc_norm",1.0,,builtin:arc_challenge.yaml,' all.csv
grep -q '^mmlu,group,' all.csv
grep -q '^ai2_arc,tag,' all.csv
[ "$($PERBIT tasks 'mmlu_high_school_*' --output csv | wc -l)" = 15 ]
[ "$($PERBIT tasks mmlu_stem --output csv | wc -l)" = 21 ] # the heading, the group, 19 tasks
cat >yaml/broken.yaml <<'EOF'
task: broken
dataset_path: colours
output_type: multiple_choice
EOF
echo 'no_name: 1' >yaml/nameless.yaml
$PERBIT tasks --include_path yaml --output csv >own.csv
grep -q '^colours,task,multiple_choice,2,test,train,"acc, acc_norm",1.0,,yaml/colours.yaml,$' own.csv || grep -q '^colours,task,multiple_choice,2,test,train,' own.csv
grep -q "^broken,task,.*expected a key 'test_split' or 'validation_split'" own.csv
grep -q "^\"\",file,.*yaml/nameless.yaml: expected a key 'task' or 'group' with a name" own.csv
$PERBIT tasks colours --include_path yaml --data data >one.txt
python3 - <<'EOF'
text = open("one.txt").read()
context = text.split("-----\n", 1)[1].split("\n----- end of context")[0]
want = "Colours of things.\n\n"
assert context.startswith(want) and context.endswith("\n\ngrass number 0 is"), context
assert context.count("\n\n") == 3, context
assert '   0  " dark blue"' not in text
assert '*  1  " green"\n' in text, text
EOF
$PERBIT tasks colours --include_path yaml --data data --num_fewshot 0 --json >one.json
python3 -c '
import json
d = json.load(open("one.json"))["document"]
assert d["requests"][1] == {"context": "Colours of things.\n\ngrass number 0 is", "continuation": " green", "right": True}, d
assert d["target"] == "1" and len(d["requests"]) == 3'
$PERBIT tasks colours --include_path yaml --data nowhere >none.txt
grep -q '^No document is shown: nowhere: expected a folder of data sets' none.txt
status=0
$PERBIT tasks colour --include_path yaml >out 2>log || status=$?
[ $status = 2 ]
grep -q "^error: there is no task, group or tag 'colour'; did you mean 'colours'?" log
status=0
$PERBIT tasks 'colour?x' --include_path yaml >out 2>log || status=$?
[ $status = 2 ]
grep -q "^error: no task, group or tag matches 'colour?x'" log
