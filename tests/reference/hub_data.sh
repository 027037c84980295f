#!/usr/bin/env bash
# The data sets of the built-in tasks as pyarrow writes them in the layouts of their hub repositories, served by a
# stand-in, loaded by perbit eval: every request of the tasks is the golden one.
. "$(dirname "$0")/lib.sh"
unset HF_HUB_OFFLINE
dir=$(mktemp -d)
standin=
trap 'kill $standin 2>/dev/null; rm -rf "$dir"' EXIT
"$PERBIT_PYTHON" "$here/hub_data.py" "$PERBIT_SHARED/data" "$dir/hub" || exit 1
"$PERBIT_PYTHON" "$PERBIT_SRC/tests/hub/standin.py" "$dir/hub" &
standin=$!
while [ ! -f "$dir/hub/ports" ]; do sleep 0.1; done
export HF_ENDPOINT="http://127.0.0.1:$(cut -d' ' -f1 "$dir/hub/ports")" HF_HUB_CACHE="$dir/cache" HF_HOME="$dir/home"
unset PERBIT_DATA HF_TOKEN

cd "$dir" || exit 1
echo '{"perbit_fake_model":1,"name":"tiny","seed":7,"n_vocab":300,"add_bos":false,"level":"BF16","noise":0.0,"n_params":1000000,"n_ctx_train":65536,"bpw":16.0}' >tiny.gguf
# winogrande has no repository here: it fails alone
loads() {
    "$PERBIT_BUILD/perbit" eval tiny.gguf --tasks openllm,ifeval --limit 1 --request_ctx 65536 -q --json >eval.json 2>log
    [ $? = 3 ] && grep -q 'allenai/winogrande: the hub .* has no such dataset' log && return
    cat log
    return 1
}
check eval_loads_them loads
# what no task reads is not loaded
reads_no_more() { [ -z "$(find cache -name '*validation*' -path '*mmlu*' -o -name '*auxiliary*' -o -path '*/all/*')" ]; }
check no_more_than_tasks_read reads_no_more
asks_nobody() {
    : >hub/log.jsonl
    "$PERBIT_BUILD/perbit" eval tiny.gguf --tasks mmlu,gsm8k,ifeval --limit 1 --num_fewshot 5 --request_ctx 65536 -q --json >/dev/null 2>log || { cat log; return 1; }
    [ ! -s hub/log.jsonl ]
}
check from_the_cache_without_asking asks_nobody
kill $standin
check golden_requests "$PERBIT_SRC/tools/golden.sh" "$PERBIT_BUILD/tests/requests" --hub
exit $status
