# two runs on one store: the second says so
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/"n_params"/"delay_us_per_token":200,"n_params"/' tiny.gguf
$PERBIT run study.yaml -q &
first=$!
while [ ! -s tiny.db ]; do kill -0 $first; sleep 0.02; done
$PERBIT run study.yaml -q 2>log && exit 1
grep -q "in use by another run (process $first)" log
wait $first
