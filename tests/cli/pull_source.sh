# a study of models that are published as safetensors: the hub's files that a conversion needs, and the BF16 file made of them once
. "$PERBIT_SRC/tests/cli/hub.sh.inc"
. "$PERBIT_SRC/tests/cli/safetensors.sh.inc"
m=hub/models/org/tiny
mkdir -p $m/onnx
cp tiny/* $m
echo '# tiny' >$m/README.md
cp tiny/model.safetensors $m/onnx/model.safetensors
cp tiny/model.safetensors $m/consolidated.safetensors
cat >study.yaml <<'EOF'
models:
  - { name: of the hub, hub: org/tiny }
  - { name: of a folder, path: tiny }
levels: [BF16, Q8_0]
measures: [memory]
memory_ctx: 1024
n_threads: 1
out_dir: made
store: s.db
EOF
$PERBIT plan study.yaml --output csv >plan.csv # loads and makes nothing
[ ! -e cache ] && [ ! -e made ]
[ "$(grep -c 'to do' plan.csv)" = 8 ]
$PERBIT run study.yaml 2>log
grep -q 'of the hub: converting to BF16' log && grep -q '8 cells measured.* 0 failed' log
[ "$(ls made | tr '\n' ' ')" = 'of-a-folder-BF16.gguf of-a-folder-Q8_0.gguf of-the-hub-BF16.gguf of-the-hub-Q8_0.gguf ' ]
[ -z "$(find cache -name 'consolidated*' -o -name onnx)" ]
$PERBIT convert tiny again.gguf --outtype bf16 -q >/dev/null 2>&1 # the weights, behind keys that have the folder's name
[ "$(tail -c 100000 again.gguf | sha256sum)" = "$(tail -c 100000 made/of-the-hub-BF16.gguf | sha256sum)" ]
# once made, nothing is asked or made again
n=$(asked /)
$PERBIT run study.yaml 2>log
[ "$(asked /)" = "$n" ] && ! grep -q converting log && grep -q '8 were there already' log
# a repository with neither
mkdir -p hub/models/org/none
echo '# none' >hub/models/org/none/README.md
sed -i '3d; s|org/tiny|org/none|' study.yaml
status=0
$PERBIT run study.yaml --no-pull 2>log || status=$?
[ $status = 3 ]
status=0
$PERBIT run study.yaml 2>log || status=$?
[ $status = 3 ] && grep -q 'hub:org/none has no GGUF file' log
