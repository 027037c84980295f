# tiers of a study: one by number or name, all in turn, and what they share is measured once
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
sed 's/"tiny"/"small"/; s/"seed":7/"seed":8/' tiny.gguf >small.gguf
cat >guide.yaml <<'EOF'
models: [{name: tiny, path: tiny.gguf}, {name: small, path: small.gguf}]
levels: [BF16, Q8_0, Q4_K_M]
file: text.txt
n_ctx: 128
n_batch: 256
repetitions: 3
include_path: yaml
data: data
limit: 20
store: guide.db
tiers:
  - {name: cliffs, measures: [perplexity]}
  - {name: core, levels: [BF16, Q4_K_M], tasks: [colours, sums]}
  - {name: matrix, models: [small], tasks: [colours, sums], measures: [perplexity]}
  - {name: machine, models: [tiny], levels: [Q4_K_M], measures: [speed, memory], n_prompt: 64}
EOF
$PERBIT plan guide.yaml --output csv >plan.csv
cells() { grep -c "^$1," plan.csv; }
[ "$(cells cliffs)" = 12 ] && [ "$(cells core)" = 12 ] && [ "$(cells matrix)" = 12 ] && [ "$(cells machine)" = 3 ]
$PERBIT plan guide.yaml --tier machine | grep -qE '^machine +tiny +Q4_K_M +speed +to do'
! $PERBIT plan guide.yaml --tier 4 | grep -q perplexity
$PERBIT run guide.yaml --tier 1 2>log
grep -q 'tier cliffs' log && grep -q '12 cells measured.* 0 failed, 0 were there already' log
$PERBIT run guide.yaml --tier core 2>log # its files are there
grep -q '8 cells measured.* 0 failed, 4 were there already' log
$PERBIT run guide.yaml 2>log
grep -q 'tier cliffs' log
python3 - <<'END'
import re
got = re.findall(r"(\d+) cells measured.*, (\d+) failed, (\d+) were there already", open("log").read())
assert got == [("0", "0", "12"), ("0", "0", "12"), ("2", "0", "10"), ("2", "0", "1")], got # Q8_0 of small; speed and memory
END
$PERBIT plan guide.yaml --output csv | grep -vc ',done,' >left || true
[ "$(cat left)" -le 3 ] # the heading and the note of synthetic data
$PERBIT show guide.yaml | grep -qE '^small +Q8_0 '
status=0
$PERBIT run guide.yaml --tier 5 2>err.txt || status=$?
[ $status != 0 ]
grep -qF "'5' is not one of: 1 (cliffs), 2 (core), 3 (matrix), 4 (machine)" err.txt
status=0
$PERBIT run study.yaml --tier 1 2>err.txt || status=$?
[ $status != 0 ]
grep -q 'the study has no tiers' err.txt
# a tier with a failed cell does not hold the next one up
sed 's/^task: sums/task: broken/; s|sums/test|gone/test|' yaml/sums.yaml >yaml/broken.yaml
sed -i 's|tasks: \[colours, sums\]}|tasks: [colours, broken]}|' guide.yaml
status=0
$PERBIT run guide.yaml 2>log || status=$?
[ $status = 3 ] || { echo $status; cat log; exit 1; }
grep -q 'tier machine' log
