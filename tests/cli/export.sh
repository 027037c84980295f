# a store as a data set: twice the same bytes, every file says SYNTHETIC, awkward names stay inside the folder
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
. "$PERBIT_SRC/tests/cli/awkward_study.sh.inc"
$PERBIT run study.yaml -q
mkdir in
$PERBIT export in/one study.yaml 2>log
sleep 1 # a time in a file would show
$PERBIT export in/two study.yaml -q
diff -r in/one in/two
n=$(find in/one -type f | wc -l)
grep -q "^$n files in in/one" log
[ "$(ls in)" = "one
two" ]
[ "$(ls)" = "$(ls -d awkward.db* data in log models other.gguf study.yaml text.txt tiny.gguf yaml 2>/dev/null)" ]

# nothing is named so that it hides or leaves, and no file but these
(cd in/one && find . -type f | LC_ALL=C sort) >files
cut -d/ -f2 files | uniq -c | awk '{ print $1, $2 }' >counts
cat >want <<'END'
1 README.md
8 answers
8 every_eval_ever
8 items
1 metadata.json
8 results
1 speed
6 tables
END
diff want counts
if sed 's|^./||' files | grep -E '/\.|[^A-Za-z0-9_./-]'; then echo 'a file name that is none'; exit 1; fi

# synthetic, in each of them
while read -r f; do
    case $f in
    *.json) python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
assert j.get("synthetic") is True or j["model_info"]["additional_details"]["synthetic"] == "true"' "in/one/$f" ;;
    *) grep -qa SYNTHETIC "in/one/$f" ;;
    esac || { echo "$f does not say that it is synthetic"; exit 1; }
done <files

python3 - <<'END'
import json, glob, sqlite3
db = sqlite3.connect("awkward.db")
one = json.load(open("in/one/results/lab-other_2/q4_k_m.json"))
assert {t["task"] for t in one["tasks"]} >= {"colours", "sums", "made", "sum8k"}
assert len(one["files"]) == 1 and len(one["files"][0]["sha256"]) == 64 and "/" not in one["files"][0]["info"]["path"]
meta = json.load(open("in/one/metadata.json"))
assert [m["name"] for m in meta["models"]] == ["Tiny_1 100% & <b>#1</b> {$x^2$} ~\\Ünï|模型*", "../lab/Other_2"], meta["models"]
assert meta["last_measured"] == db.execute("SELECT max(finished) FROM cell").fetchone()[0]
assert len(meta["files"]) == 8
tasks = [c["task"] for c in meta["cells"] if c["kind"] == "task"]
assert sorted(set(tasks)) == ["colours", "sum8k", "sums"], tasks
# a score in a record is the store's
(value,) = db.execute("""SELECT avg(value) FROM measure JOIN cell ON cell.id = cell_id JOIN variant ON variant.id = variant_id
    JOIN model ON model.id = model_id WHERE metric = 'acc_norm' AND level = 'Q2_K' AND model.name LIKE '%Other_2' AND task LIKE 'colours:%'""").fetchone()
found = []
for f in glob.glob("in/one/every_eval_ever/data/perbit/*/*/*.json"):
    j = json.load(open(f))
    if j["model_info"]["additional_details"]["quantization"] == "Q2_K" and j["model_info"]["name"].endswith("Other_2"):
        found += [r["score_details"]["score"] for r in j["evaluation_results"]
                  if r["evaluation_name"] == "colours" and r["metric_config"]["metric_id"] == "acc_norm"]
assert len(found) == 1 and abs(found[0] - value) < 1e-12, (found, value)
END

# the card: the license asked for; nothing that a name could break out of
$PERBIT export licensed study.yaml -q --license mit
grep -q '^license: "mit"$' licensed/README.md
grep -q '^license: "cc-by-4.0"$' in/one/README.md
grep -qF 'Tiny\_1 100% &amp; &lt;b&gt;\#1&lt;/b&gt; \{\$x^2\$\} \~\\Ünï\|模型\*' in/one/README.md

# nothing measured, a store with failures only: files all the same, no table that is empty
sed 's/"noise"/"fail_open":"no such luck","noise"/' tiny.gguf >broken.gguf
printf 'models: [broken.gguf]\nlevels: [BF16]\nmeasures: [kl]\nfile: text.txt\nstore: broken.db\n' >broken.yaml
$PERBIT run broken.yaml -q 2>/dev/null || true
$PERBIT export broken broken.yaml -q
grep -q 'no such luck' broken/metadata.json
[ "$(ls broken/tables)" = "cells.parquet
levels.parquet" ]
