# perbit preview: a small shape at every level through the whole program; the mark in store, tables and export; what is refused
cat >small.json <<'EOF'
{"architectures": ["LlamaForCausalLM"], "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4,
 "num_key_value_heads": 2, "vocab_size": 1000, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "max_position_embeddings": 4096}
EOF
few="-p 16 -n 2 -r 2 --n_warmup 0 --no-ttft -t 1 --memory_ctx 1024 -q"
$PERBIT preview small.json $few --store s.db --json >all.json
[ ! -e preview ] # files and folder are gone
python3 - <<'END'
import json
rows = json.load(open("all.json"))
assert [r["level"] for r in rows] == "BF16 Q8_0 Q6_K Q5_K_M Q4_K_M Q4_0 Q3_K_M Q2_K".split(), rows
for r in rows:
    assert r["model"] == "small (synthetic weights)" and r["weights"] == "synthetic", r
    assert r["prompt_tps"] > 0 and r["gen_tps"] > 0 and r["peak_gb"] > 0 and r["predicted_gb"] > 0, r
    assert r["ppl"] is None and r["failed"] is None, r
sizes = [r["bpw"] for r in rows]
assert sizes[0] > 16 > sizes[1] > sizes[2] > sizes[3] > sizes[4], sizes
END
# the same again is there already; only speed and memory are stored
$PERBIT preview small.json $few --store s.db --json >again.json
cmp all.json again.json
$PERBIT show cells s.db --output csv >cells.csv
[ "$(grep -c ',speed,' cells.csv)" = 8 ] && [ "$(grep -c ',memory,' cells.csv)" = 8 ] && [ "$(wc -l <cells.csv)" = 17 ]
[ "$(grep -c 'small (synthetic weights),.*,synthetic,' cells.csv)" = 16 ]
$PERBIT show s.db | grep -qE '^small \(synthetic weights\) +Q4_K_M +synthetic'
$PERBIT show speed s.db --output md | grep -q '| weights'
$PERBIT export out s.db -q
grep -q '"synthetic_weights": *true' out/metadata.json
grep -q 'random weights in the shape of the real model' out/README.md
grep -rqs '(synthetic weights)' out/speed
$PERBIT report page s.db -q
grep -rq 'small (synthetic weights)' page
# a file that is kept stays marked, wherever it goes: no quality of it
$PERBIT preview small.json $few --levels Q4_K_M --measures speed --keep --out_dir kept >one.txt
[ "$(ls kept)" = small-\(synthetic-weights\)-Q4_K_M.gguf ]
mv kept/* kept.gguf
seq 2000 >text.txt
status=0
$PERBIT perplexity kept.gguf -f text.txt --n_ctx 64 --n_batch 64 -q 2>err.txt || status=$?
[ $status = 1 ]
grep -q 'the weights are synthetic (perbit preview): only speed and memory can be measured' err.txt
$PERBIT speed kept.gguf -p 16 -n 2 -r 1 --n_warmup 0 --no-ttft -t 1 -q --json | grep -q '"weights": *"synthetic"'
$PERBIT quantize kept.gguf . Q2_K --allow_requantize -q >/dev/null
status=0
$PERBIT perplexity kept-Q2_K.gguf -f text.txt --n_ctx 64 --n_batch 64 -q 2>err.txt || status=$?
[ $status = 1 ]
grep -q 'the weights are synthetic' err.txt
# the shape of a GGUF file
$PERBIT preview kept.gguf $few --levels Q8_0 --measures memory --json >gguf.json
grep -q '(synthetic weights)' gguf.json
# a study: its models by their shapes, its levels, a store of its own
cat >study.yaml <<'EOF'
models:
  - { name: one, hub: org/one, config: small.json }
  - { name: two, path: kept.gguf }
levels: [Q8_0, Q4_0]
measures: [speed]
store: study.db
EOF
$PERBIT preview study.yaml $few --json >study.json
[ -e study-preview.db ] && [ ! -e study.db ]
python3 -c '
import json
rows = json.load(open("study.json"))
assert [(r["model"], r["level"]) for r in rows] == [(m + " (synthetic weights)", l) for m in ("one", "two") for l in ("Q8_0", "Q4_0")], rows'
# refused
no() {
    want=$1 status=0
    shift
    $PERBIT preview "$@" -q >out.txt 2>err.txt || status=$?
    [ $status != 0 ] || { echo "no error: $*"; exit 1; }
    grep -qF -- "$want" err.txt || { cat err.txt; exit 1; }
}
no "unknown level 'Q4_K_N'; did you mean" small.json --levels Q4_K_N
no "--measures: 'kl' is not one of: speed, memory; the weights are synthetic" small.json --measures kl
no "--measures: 'mmlu' is not one of: speed, memory" small.json --measures mmlu
no 'gone.json: no such file' gone.json
echo '{"architectures": ["MambaForCausalLM"]}' >mamba.json
no 'architecture MambaForCausalLM' mamba.json
echo 'text' >text.json
no 'text.json' text.json
sed -i 's/, config: small.json//' study.yaml
no 'one: is not here, and no config.json of its shape is named (config: FILE)' study.yaml
