# perbit rescore: measures again without the model; other rows and other questions are refused
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
again() { $PERBIT rescore s.db --data data --include_path yaml "$@"; }
ask --tasks made --store s.db -q >/dev/null
$PERBIT show tasks s.db --output csv >before.csv
rm tiny.gguf # nobody opens it
again --output csv >r.csv 2>log
grep -q 'tiny,BF16,colours,rescored,400,0,0' r.csv
grep -q 'tiny,BF16,sums,rescored,500,0,0' r.csv
grep -q '2 cells rescored: 900 documents, 0 values changed, 0 added; 0 cells kept' log
$PERBIT show tasks s.db --output csv | cmp - before.csv

# a value that was scored otherwise is set right
python3 -c '
import sqlite3
c = sqlite3.connect("s.db")
n = c.execute("UPDATE measure SET value = 1 - value WHERE metric = ? AND idx IN (3, 7)", ("acc_norm",)).rowcount
c.commit()
assert n == 2, n'
again 2>log >/dev/null
grep -q '2 values changed, 0 added' log
$PERBIT show tasks s.db --output csv | cmp - before.csv

# a metric that the task file has got since
sed -i 's/^metric_list: \[{metric: acc}\]/metric_list: [{metric: acc}, {metric: acc_bytes}, {metric: exact_match}]/' yaml/sums.yaml
again 2>log >/dev/null
grep -q '0 values changed, 1000 added' log
$PERBIT show tasks s.db --output csv >after.csv
grep -q ',sums,.*,acc_bytes,500,' after.csv
grep -q ',sums,.*,exact_match,500,' after.csv

# the task asks something else: kept, named, status 3; the other is done
sed -i 's/{{thing}} is/{{thing}} looks/' yaml/colours.yaml
status=0
again >r.txt 2>log || status=$?
[ $status = 3 ]
grep -q '^error: tiny BF16: colours: the task asks something else now' log
grep -q '1 cells rescored: 500 documents' log
sed -i 's/{{thing}} looks/{{thing}} is/' yaml/colours.yaml

# other rows
sed -i '5s/number 4/number 44/' data/colours/test.jsonl
status=0
again >r.txt 2>log || status=$?
[ $status = 3 ]
grep -q '^error: tiny BF16: colours: the rows are not those that were asked' log
$PERBIT show tasks s.db --output csv | cmp - after.csv

# no data, no store
status=0
$PERBIT rescore s.db --data nowhere --include_path yaml >/dev/null 2>log || status=$?
[ $status = 3 ]
grep -q 'nowhere: expected a folder of data sets' log
status=0
$PERBIT rescore none.db --data data >/dev/null 2>log || status=$?
[ $status = 1 ]
grep -q '^error: none.db: no such store' log
