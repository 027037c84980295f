# a bad model is a row with its reason; the other model is measured; exit status 3
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed 's/"noise"/"fail_open":"no such luck","noise"/; s/"name":"tiny"/"name":"broken"/' tiny.gguf >broken.gguf
sed 's/"noise"/"abort_decode_at":1,"noise"/; s/"name":"tiny"/"name":"crash"/' tiny.gguf >crash.gguf
sed -i 's/models: .*/models: [broken.gguf, crash.gguf, missing.gguf, tiny.gguf]/; s/measures: .*/measures: [kl]/' study.yaml
status=0
$PERBIT run study.yaml -q 2>log || status=$?
[ $status = 3 ]
$PERBIT show cells study.yaml --json >cells.json
python3 - <<'EOF'
import json
rows = json.load(open("cells.json"))
def reasons(model): return [r["reason"] for r in rows if r["model"] == model and r["status"] == "failed"]
assert any("no such luck" in r for r in reasons("broken")), reasons("broken")
assert any("signal 6" in r for r in reasons("crash")), reasons("crash")
assert all("no such file" in r for r in reasons("missing.gguf")) and reasons("missing.gguf")
assert all(r["status"] == "done" for r in rows if r["model"] == "tiny")
EOF
