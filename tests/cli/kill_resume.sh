# kill -9 at 20 moments of a run: the store stays whole, and the resumed run's numbers equal an undisturbed run's
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/"n_params"/"delay_us_per_token":20,"n_params"/' tiny.gguf
sed -i 's/measures: .*/measures: [kl]/' study.yaml
numbers() { $PERBIT show text "$1" --output csv; }
$PERBIT run study.yaml -q
numbers tiny.db >want.csv
rm -r tiny.db* models
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    $PERBIT run study.yaml -q 2>/dev/null &
    pid=$!
    sleep 0.$(printf %03d $((20 + i * 37 % 400)))
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    [ ! -e tiny.db ] || python3 -c '
import sqlite3
assert sqlite3.connect("tiny.db").execute("PRAGMA integrity_check").fetchone()[0] == "ok"'
done
$PERBIT run study.yaml -q
numbers tiny.db >got.csv
cmp want.csv got.csv
