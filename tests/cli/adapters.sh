# LoRA adapters on the fake model: cells of their own with every command, in the study file, resumed, exported, never mixed
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
echo '{"perbit_fake_adapter":1,"seed":3,"strength":0.7}' >maths.gguf
sql() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$@"; }
ppl() { $PERBIT perplexity tiny.gguf -f text.txt -c 128 -b 256 -q --json "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["ppl"])'; }

# perplexity: another number with it, the same at scale 0, another at half
bare=$(ppl)
[ "$bare" = "$(ppl --adapter maths.gguf:0)" ]
[ "$bare" != "$(ppl --adapter maths.gguf)" ]
[ "$(ppl --lora maths.gguf:0.5)" != "$(ppl --adapter maths.gguf)" ]
[ "$(ppl --adapter maths.gguf:1)" = "$(ppl --adapter maths.gguf)" ]
$PERBIT perplexity tiny.gguf -f text.txt -c 128 -q --adapter maths.gguf:0.5 >table.txt
grep -q 'adapter scale' table.txt
grep -qE '^tiny +BF16 +maths +0\.5 ' table.txt
# the base of a divergence has the adapter too: a model does not differ from itself
$PERBIT perplexity tiny.gguf -f text.txt -c 128 -q --adapter maths.gguf --kl_divergence tiny.gguf --json | grep -q '"kl_mean": 0.0*,'

# eval: a cell of its own, kept and resumed as such, with files of its own
ask() { $PERBIT eval tiny.gguf --data data --include_path yaml --tasks made -q --store e.db --log_samples --output_path files "$@"; }
ask >/dev/null
ask --adapter maths.gguf >/dev/null
[ "$(sql e.db 'SELECT count(*) FROM cell')" = 4 ]
[ "$(sql e.db 'SELECT count(DISTINCT variant_id) FROM cell')" = 1 ]
[ "$(sql e.db "SELECT sum(attempts) FROM cell")" = 4 ]
ask --adapter maths.gguf >/dev/null # all there
[ "$(sql e.db "SELECT sum(attempts) FROM cell")" = 4 ]
[ "$(sql e.db "SELECT count(*) FROM (SELECT vals FROM series s JOIN cell c ON c.id = s.cell_id WHERE metric = 'logprob' AND c.adapter = '' \
    INTERSECT SELECT vals FROM series s JOIN cell c ON c.id = s.cell_id WHERE metric = 'logprob' AND c.adapter = 'maths')")" = 0 ]
[ -d files/tiny.gguf ] && [ -d files/tiny.gguf+maths ]
python3 - <<'END'
import glob, json
one, two = [json.load(open(sorted(glob.glob(f"files/{d}/results_*.json"))[0])) for d in ("tiny.gguf", "tiny.gguf+maths")]
assert one["config"]["model_args"] == {"path": "tiny.gguf"}, one["config"]["model_args"]
assert two["config"]["model_args"] == {"path": "tiny.gguf", "adapter": "maths.gguf", "adapter_scale": 1}, two["config"]["model_args"]
assert two["perbit"]["adapter"] == "maths" and len(two["perbit"]["adapter_sha256"]) == 64 and "adapter" not in one["perbit"]
assert one["results"] != two["results"] and one["task_hashes"] == two["task_hashes"]
END
$PERBIT show tasks e.db --json >tasks.json
python3 - <<'END'
import json
rows = json.load(open("tasks.json"))
groups = [r for r in rows if r["unit"] == "group" and r["task"] == "made"]
assert len(groups) == 2 and {r["adapter"] for r in groups} == {None, "maths"}, groups
n = sum(r["n"] for r in rows if r["unit"] == "task" and r["metric"] == "acc" and r["adapter"] is None)
assert all(r["n"] == n for r in groups), (groups, n) # no document of the other is in a group
assert groups[0]["value"] != groups[1]["value"]
END
ask --adapter maths.gguf -o md | grep -q 'path=tiny.gguf,adapter=maths.gguf,adapter_scale=1'

# a study: every level with it and without, one file a level, and the base of each has the same adapter
cat >>study.yaml <<'EOF'
tasks: made
include_path: yaml
data: data
EOF
sed 's|^models: .*|models: [{path: tiny.gguf, adapters: [maths.gguf, {path: maths.gguf, scale: 0.5, name: half}]}]|' study.yaml >three.yaml
$PERBIT plan three.yaml >plan.txt
grep -qE '^tiny +Q8_0 +half:0\.5 +kl +to do' plan.txt
$PERBIT run three.yaml 2>log
grep -q '54 cells measured.* 0 failed' log
$PERBIT run three.yaml 2>log
grep -q '0 cells measured.* 54 were there already' log
[ "$(ls models | wc -l)" = 2 ]
$PERBIT show three.yaml --json >levels.json
$PERBIT show text three.yaml --json >text.json
$PERBIT export out three.yaml
python3 - <<'END'
import json, glob, os
rows = json.load(open("levels.json"))
assert len(rows) == 9, len(rows)
by = {(r["level"], r["adapter"], r["adapter_scale"]): r for r in rows}
assert len({r["ppl"] for r in rows}) == 9
for (level, adapter, scale), r in by.items():
    assert r["settings"] == "" and r["gen_tps"] and r["peak_gb"], r # nothing is mixed, nothing is missing
    assert (r["kl_nat"] is None) == (level == "BF16"), r
for r in json.load(open("text.json")): # compared with the base that has the same adapter
    if r["kind"] == "kl" and r["level"] != "BF16":
        assert abs(r["ppl_base"] / by["BF16", r["adapter"], r["adapter_scale"]]["ppl"] - 1) < 1e-12, r
    if r["kind"] == "kl_self":
        assert r["kl_mean"] == 0, r
names = sorted(os.path.basename(p) for p in glob.glob("out/results/tiny/*.json"))
assert names == sorted(f"{l}{a}.json" for l in ("bf16", "q8_0", "q4_k_m") for a in ("", "-adapter-maths", "-adapter-half-0.5")), names
for p in glob.glob("out/results/tiny/*.json"):
    d = json.load(open(p))
    assert len(d["summary"]) == 1 and len({(r["adapter"], r["adapter_scale"]) for k in d if k not in ("synthetic", "files") for r in d[k]}) == 1, p
END
# a page's charts: a line for each adapter beside the model's own
$PERBIT report page three.yaml >/dev/null
python3 -c '
text = open("page/index.html").read()
assert "tiny + maths" in text and "tiny + half:0.5" in text
assert "What an adapter recovers" in text'
$PERBIT compare "tiny Q8_0" "tiny Q8_0 + maths" --store tiny.db >compared.txt
grep -q 'made' compared.txt
$PERBIT recommend tiny.db --ram 1GiB >/dev/null
# the same without keeping files: one level at a time, each file made once
sed 's/^store: .*/store: one.db/; s/^measures: .*/measures: [kl]/; /^tasks:/d; s/, {path: maths.gguf, scale[^}]*}//; $a keep_files: no\nout_dir: made_files' three.yaml >one.yaml
$PERBIT run one.yaml 2>log
grep -q '13 cells measured.* 0 failed' log
[ "$(sql one.db "SELECT count(*) FROM cell WHERE kind = 'quantize'")" = 3 ]
[ "$(ls made_files | wc -l)" = 0 ]
[ "$(sql one.db "SELECT max(attempts) FROM cell")" = 1 ]
$PERBIT show one.yaml --json >one.json
python3 -c '
import json
a, b = [[(r["level"], r["adapter"], r["ppl"], r["kl_nat"]) for r in json.load(open(f)) if r["adapter"] != "half"] for f in ("levels.json", "one.json")]
assert sorted(map(str, a)) == sorted(map(str, b))'
# --adapter of the command line: models that say nothing of adapters; a model may say that it wants none
$PERBIT plan study.yaml >before.txt
sed 's/^store: .*/store: none.db/' study.yaml >with.yaml
$PERBIT plan with.yaml | grep -c ' kl ' >n1
echo 'adapter: maths.gguf' >>with.yaml
[ "$($PERBIT plan with.yaml | grep -c ' kl ')" = $((2 * $(cat n1))) ]
sed 's|^models: .*|models: [{path: tiny.gguf, adapters: []}]|' with.yaml >without.yaml
[ "$($PERBIT plan without.yaml | grep -c ' kl ')" = "$(cat n1)" ]
# memory: what the adapter takes is predicted too
$PERBIT memory tiny.gguf -q --store m.db >/dev/null
$PERBIT memory tiny.gguf -q --store m.db --adapter maths.gguf >/dev/null
[ "$(sql m.db "SELECT max(value) - min(value) FROM measure WHERE metric = 'pred_weights'")" = 2000.0 ] || { sql m.db "SELECT group_concat(metric || ' ' || value) FROM measure"; exit 1; }
$PERBIT speed tiny.gguf -q -p 16 -n 4 -r 2 --adapter maths.gguf | grep -q ' maths '

# what is wrong is one line
wrong() { # text of the message, then the command
    want=$1
    shift
    status=0
    "$@" >out.txt 2>err.txt || status=$?
    [ $status = 1 ] || [ $status = 2 ]
    grep -qF "$want" err.txt || { cat err.txt; exit 1; }
    [ "$(wc -l <err.txt)" = 1 ] || { cat err.txt; exit 1; }
}
p="$PERBIT perplexity tiny.gguf -f text.txt -c 128 -q --adapter"
echo '{"perbit_fake_adapter":1,"arch":"llama"}' >other.gguf
echo '{"perbit_fake_adapter":1,"n_vocab":1000}' >shape.gguf
wrong 'gone.gguf: no such file' $p gone.gguf
wrong 'tiny.gguf: not an adapter' $p tiny.gguf
wrong 'other.gguf: an adapter for models of architecture llama, this one is fake' $p other.gguf
wrong 'shape.gguf: not an adapter for tiny.gguf' $p shape.gguf
wrong "expected a number as the adapter's scale, found 'much'" $p maths.gguf:much
for bad in '{path: maths.gguf, scale: much}' '{scale: 1}' '{path: maths.gguf, scal: 1}' '[maths.gguf, {path: maths.gguf}]'; do
    sed "s|^models: .*|models: [{path: tiny.gguf, adapters: $bad}]|" study.yaml >bad.yaml
    wrong adapter $PERBIT run bad.yaml
done
