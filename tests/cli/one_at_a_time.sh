# keep_files: no: the same numbers, and no file is left
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/measures: .*/measures: [kl]/' study.yaml
$PERBIT run study.yaml -q
$PERBIT show text tiny.db --output csv >want.csv
rm -r tiny.db* models
echo 'keep_files: false' >>study.yaml
$PERBIT run study.yaml -q
$PERBIT show text tiny.db --output csv >got.csv
python3 - <<'EOF'
import csv
rows = lambda f: sorted(map(tuple, list(csv.reader(open(f)))))
assert rows("want.csv") == rows("got.csv")
EOF
[ -z "$(ls models)" ]
