# texts of studies with gaps: one model, one level, failures, ties: what is missing is named, nothing unsupported is said
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
. "$PERBIT_SRC/tests/cli/awkward_study.sh.inc"
has() { grep -qF -- "$2" "$1" || { echo "$1 has no: $2"; exit 1; }; }
has_not() { if grep -qF -- "$2" "$1"; then echo "$1 must not say: $2"; exit 1; fi; }

# one model, one level
sed '/Other_2/d; s/^levels: .*/levels: [BF16]/; s/awkward.db/one.db/' study.yaml >one.yaml
$PERBIT run one.yaml -q
$PERBIT report one one.yaml >/dev/null
has one/post.md 'Only one model was measured: nothing is said about rankings of models.'
has one/post.md 'Only one level was measured: nothing is said about what quantization costs.'
has one/post.md 'The measurements support no recommendation'
has one/post.md 'Nothing could be compared.'
for word in 'nothing measurable' 'more than 1' 'rankings at' 'Verdicts' 'fastest'; do has_not one/post.md "$word"; has_not one/paper/section.tex "$word"; done

# a report into the folder of an earlier one: no chart of that one stays
sed 's/measures: .*/measures: [speed]/; s/^tasks: .*/tasks: [sums]/; s/one.db/speed.db/' one.yaml >speed.yaml
$PERBIT run speed.yaml -q
cp -r one reused
$PERBIT report reused speed.yaml >/dev/null
[ ! -e reused/perplexity_bpw.svg ] && [ ! -e reused/perplexity_bpw.png ] && [ ! -e reused/paper/perplexity_bpw.pdf ]
has_not reused/post.md perplexity_bpw
has reused/post.md 'Perplexity and KL divergence were not measured against the base.'

# a level that fails: named with its reason; no word of all models at it
sed 's/"noise"/"fail_open":"no 100% luck_here","noise"/; s/"level":"BF16"/"level":"Q2_K"/' tiny.gguf >broken.gguf
sed 's/path: other.gguf/path: other.gguf, files: { Q2_K: broken.gguf }/; s/awkward.db/failed.db/' study.yaml >failed.yaml
status=0
$PERBIT run failed.yaml -q 2>/dev/null || status=$?
[ $status = 3 ]
$PERBIT report failed failed.yaml >/dev/null
has failed/post.md '## What is missing'
has failed/post.md 'no 100% luck\_here'
has failed/paper/section.tex 'no 100\% luck\_here'
has_not failed/post.md 'Q2\_K costs more than 1 % of perplexity for each of the 2 models'
has failed/post.md 'Q2\_K costs Tiny\_1'
has failed/post.md 'the composite'

# everything fails: a page of reasons is no page of results
sed 's/"noise"/"fail_open":"no 100% luck_here","noise"/' tiny.gguf >broken.gguf
printf 'models: [{path: broken.gguf}]\nlevels: [BF16]\nmeasures: [kl]\nfile: text.txt\nstore: none.db\n' >none.yaml
$PERBIT run none.yaml -q 2>/dev/null || true
$PERBIT report none none.yaml >/dev/null
has none/post.md 'no 100% luck\_here'
has none/post.md 'Nothing could be compared.'

# all answers right at every level, and two models that answer alike: no proof of sameness by few questions, no order
cat >yaml/sure.yaml <<'YAML'
task: sure
dataset_path: colours
output_type: multiple_choice
test_split: test
doc_to_text: "{{thing}} is"
doc_to_choice: ["green"]
doc_to_target: 0
metric_list: [{metric: acc}]
metadata: {version: 1.0}
YAML
sed 's/"name":"tiny"/"name":"twin"/' tiny.gguf >twin.gguf
cat >tied.yaml <<'END'
models: [{name: One, path: tiny.gguf}, {name: Two, path: twin.gguf}]
levels: [BF16, Q4_K_M]
measures: []
tasks: [sure]
limit: 40
data: data
include_path: yaml
store: tied.db
END
$PERBIT run tied.yaml -q
$PERBIT report tied tied.yaml >/dev/null
has tied/post.md '| BF16 | 100.00 |'
has tied/post.md 'Whether Q4\_K\_M costs more than 1 point of sure is undecided for each of the 2 models'
has_not tied/post.md 'nothing measurable'
has tied/post.md 'no change of places is beyond doubt'
has_not tied/post.md ' leads '
