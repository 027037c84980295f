# a study from models to files; a second run redoes nothing; every output says SYNTHETIC
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
$PERBIT run study.yaml 2>log
grep -q '14 cells measured' log
$PERBIT run study.yaml 2>log
grep -q '0 cells measured.*0 failed, 14 were there already' log
$PERBIT show study.yaml | grep -q SYNTHETIC
$PERBIT export out study.yaml
for f in out/results/tiny/bf16.json out/results/tiny/q8_0.json out/results/tiny/q4_k_m.json out/metadata.json; do
    python3 -c 'import json,sys; assert json.load(open(sys.argv[1]))["synthetic"] is True' $f
done
grep -q SYNTHETIC out/speed/*.csv
page=$($PERBIT report report study.yaml)
grep -q SYNTHETIC "$page"
grep -q SYNTHETIC report/perplexity_bpw.svg
grep -q SYNTHETIC report/speed_size.svg
