# a study and commands on files of the hub: models by hub:, data sets by their repositories; the cache, then the hub
. "$PERBIT_SRC/tests/cli/hub.sh.inc"
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
m=hub/models/org/tiny-GGUF
mkdir -p $m
cp tiny.gguf $m/tiny-BF16.gguf
sed 's/"level":"BF16","noise":0.0/"level":"Q8_0","noise":0.1/' tiny.gguf >$m/tiny-Q8_0.gguf
cp -r $m "hub/models/org/tiny-GGUF@old"

# commands that take a file
$PERBIT memory hub:org/tiny-GGUF:tiny-Q8_0.gguf --json >one.json
grep -q '"level": *"Q8_0"' one.json
n=$(asked /)
$PERBIT memory hub:org/tiny-GGUF:tiny-Q8_0.gguf --json >/dev/null # is here: nobody is asked
[ "$(asked /)" = "$n" ]
$PERBIT quantize hub:org/tiny-GGUF levels Q4_K_M >out.txt # without a name: the BF16 one
[ -f levels/tiny-Q4_K_M.gguf ]
$PERBIT perplexity hub:org/tiny-GGUF:tiny-Q8_0.gguf -f text.txt -c 128 --kl_divergence hub:org/tiny-GGUF:tiny-BF16.gguf --json >kl.json
grep -q kl_mean kl.json
refused 'org/none: the hub' $PERBIT memory hub:org/none:x.gguf
refused "no file 'tiny-Q9.gguf'" $PERBIT memory hub:org/tiny-GGUF:tiny-Q9.gguf
refused 'is not in the hub'"'"'s cache' $PERBIT memory hub:org/tiny-GGUF@old:tiny-Q8_0.gguf --no-pull
cp $m/tiny-Q8_0.gguf $m/tiny-Q4_0.gguf
rm $m/tiny-BF16.gguf
rm -r cache
status=0
$PERBIT memory hub:org/tiny-GGUF 2>log || status=$?
grep -q 'hub:org/tiny-GGUF has 2 GGUF files; name one of them' log
cp tiny.gguf $m/tiny-BF16.gguf

# a study: repository, revision, file; a model that cannot be had fails alone
cat >study.yaml <<END
models:
  - {name: a, hub: org/tiny-GGUF, file: tiny-BF16.gguf}
  - {name: b, hub: org/tiny-GGUF, revision: old, files: {Q8_0: 'hub:org/tiny-GGUF:tiny-Q8_0.gguf'}}
  - {name: c, hub: org/none}
levels: [BF16, Q8_0]
measures: [kl]
file: text.txt
n_ctx: 128
n_batch: 256
store: s.db
END
rm -r cache
$PERBIT plan study.yaml --output csv >plan.csv
[ ! -e cache ]
status=0
$PERBIT run study.yaml -q 2>log || status=$?
[ $status = 3 ]
grep -q 'c BF16 quantize failed: .*the hub has no such\|c BF16 quantize failed: org/none: the hub' log
$PERBIT show text study.yaml --output csv >text.csv
grep -q '^SYNTHETIC,[ab],Q8_0,,,kl,' text.csv # one file by two names: its name is the last one
n=$(asked /content/)
$PERBIT run study.yaml -q 2>log || true
[ "$(asked /content/)" = "$n" ]

bad() { # TEXT: the study file in bad.yaml is refused with it
    status=0
    $PERBIT plan bad.yaml 2>log || status=$?
    [ $status = 2 ] && grep -qF -- "$1" log || { cat log; exit 1; }
}
printf 'models: [{hub: org/x, path: a.gguf}]\nfile: t\n' >bad.yaml
bad 'bad.yaml:1:16: models: path and hub name two files'
printf 'models: [{path: a.gguf, revision: main}]\nfile: t\n' >bad.yaml
bad 'bad.yaml:1:35: models: revision and file belong to hub'
printf 'models: [{hub: ../x}]\nfile: t\n' >bad.yaml
bad "bad.yaml:1:16: hub: 'hub:../x': expected a repository of the hub"
printf 'models: ["hub:org/x:../y"]\nfile: t\n' >bad.yaml
bad "is no name of a file inside a repository"

# data sets: by the card's configurations, by names, from the hub's own conversion
d=hub/datasets/org/things
mkdir -p $d/warm "hub/datasets/org/scripted@refs%2Fconvert%2Fparquet/colours/test" hub/datasets/org/scripted
cp data/colours/test.jsonl $d/warm/questions.jsonl
cp data/colours/train.jsonl $d/warm/examples.jsonl
cat >$d/README.md <<END
---
configs:
- config_name: warm
  data_files:
  - {split: test, path: warm/questions.jsonl}
  - {split: train, path: warm/ex*}
- config_name: cold
  data_files: cold/*.jsonl
---
END
echo 'print("code is not run")' >hub/datasets/org/scripted/scripted.py
cp data/colours/test.jsonl "hub/datasets/org/scripted@refs%2Fconvert%2Fparquet/colours/test/0000.jsonl"
sed 's,^dataset_path: .*,dataset_path: org/things\ndataset_name: warm,; s/^task: .*/task: warm/' yaml/colours.yaml >yaml/warm.yaml
sed 's,^dataset_path: .*,dataset_path: org/scripted\ndataset_name: colours,; s/^task: .*/task: scripted/; s/^num_fewshot: .*/num_fewshot: 0/' yaml/colours.yaml >yaml/scripted.yaml
for task in warm scripted; do
    shots=$([ $task = scripted ] && echo 0 || echo 2)
    $PERBIT eval tiny.gguf --data data --include_path yaml --tasks colours --num_fewshot "$shots" --json 2>/dev/null | sed 's/colours/TASK/g' >want.json
    $PERBIT eval tiny.gguf --include_path yaml --data yaml --tasks $task --json 2>log | sed "s/$task/TASK/g" >got.json || { cat log; exit 1; }
    python3 - <<'END'
import json
want, got = json.load(open("want.json")), json.load(open("got.json"))
want, got = (x if isinstance(x, list) else x["rows"] for x in (want, got))
assert want and [{k: r[k] for k in ("acc", "acc_norm") if k in r} for r in want] == [{k: r[k] for k in ("acc", "acc_norm") if k in r} for r in got], (want, got)
END
done
[ -L cache/datasets--org--things/snapshots/*/warm/questions.jsonl ]
# again: from the cache, without asking; other commands never ask
n=$(asked /)
$PERBIT eval tiny.gguf --include_path yaml --tasks warm -q >/dev/null
$PERBIT tasks warm --include_path yaml | grep -q 'Document 0 of test'
[ "$(asked /)" = "$n" ]
# what the cache lacks is not there for tasks or a plan, and offline
rm -r cache/datasets--org--things
$PERBIT tasks warm --include_path yaml | grep -q "data set 'org/things' (warm) is not in the hub's cache"
refused "data set 'org/things' (warm) is not in the hub's cache" env HF_HUB_OFFLINE=1 $PERBIT eval tiny.gguf --include_path yaml --tasks warm
refused "data set 'org/things' (warm) is not in the hub's cache" $PERBIT eval tiny.gguf --include_path yaml --tasks warm --no-pull
# a folder that has it comes first
[ "$(asked /)" = "$n" ]
sed -i 's/split: test/split: tset/' $d/README.md
status=0
$PERBIT eval tiny.gguf --include_path yaml --tasks warm >out 2>log || status=$?
[ $status = 1 ]
grep -q "data set 'org/things' (warm): the hub's repository has no rows for the split 'test' or 'train'" log
