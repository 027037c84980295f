# publish: the data set with its card, the Space, what is sent and what is not, in parts, lost replies, no rights
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/measures: .*/measures: [kl, speed]/' study.yaml
$PERBIT run study.yaml -q
STANDIN_CHUNK=0
. "$PERBIT_SRC/tests/cli/hub.sh.inc"
publish() { $PERBIT publish me/results study.yaml --space me/page "$@"; }

refused2() { status=0; publish "$@" >out 2>log || status=$?; }
refused2
[ $status = 2 ]
grep -q "publishing needs a token that may write: make one at $HF_ENDPOINT/settings/tokens and set HF_TOKEN" log
HF_TOKEN=hf_member refused "You don't have the rights to create this repo" $PERBIT publish me/results study.yaml
[ ! -e hub/datasets ]

export HF_TOKEN=hf_writer
# a dry run says all and makes nothing
publish --dry_run >dry 2>log
grep -q '(new): .* files would be sent' log
grep -qx README.md dry
grep -qx tables/levels.parquet dry
grep -qx index.html dry
[ ! -e hub/datasets ] && [ ! -e hub/spaces ]
[ "$(asked '"method": "POST"')" = 1 ] # the one that was refused before

publish >urls 2>log
printf '%s\n' "$HF_ENDPOINT/datasets/me/results" "$HF_ENDPOINT/spaces/me/page" | cmp - urls
d=hub/datasets/me/results
$PERBIT export exported study.yaml -q
diff -r exported/results $d/results
diff -r exported/speed $d/speed
cmp exported/metadata.json $d/metadata.json
grep -q SYNTHETIC $d/README.md
grep -q SYNTHETIC hub/spaces/me/page/README.md
grep -qx 'sdk: static' hub/spaces/me/page/README.md
grep -q '</html>' hub/spaces/me/page/index.html
python3 - <<'END'
import glob, json, re
text = open("hub/datasets/me/results/README.md").read()
head = re.match(r"---\n(.*?)\n---\n", text, re.S)[1]
configs = re.findall(r'config_name: (\w+)\n  data_files: "(.*)"', head)
assert ("levels", "tables/levels.parquet") in configs and head.count("default: true") == 1, head
for name, path in configs:
    for file in glob.glob("hub/datasets/me/results/" + path):
        data = open(file, "rb").read()
        assert data[:4] == data[-4:] == b"PAR1" and b"SYNTHETIC" in data, file
log = [json.loads(line) for line in open("hub/log.jsonl")]
commits = [r for r in log if "/commit/" in r["path"]]
assert len(commits) == 2
for r in commits:
    lines = [json.loads(line) for line in r["body"].splitlines()]
    assert lines[0]["key"] == "header" and re.fullmatch("[0-9a-f]{40}", lines[0]["value"]["parentCommit"]), lines[0]
    assert r["headers"]["content-type"] == "application/x-ndjson"
assert all("authorization" not in r["headers"] for r in log if r["server"] == "cdn")
created = [json.loads(r["body"]) for r in log if r["path"] == "/api/repos/create" and r["headers"].get("authorization", "").endswith("hf_writer")]
assert created == [{"name": "results", "organization": "me", "type": "dataset"},
                   {"name": "page", "organization": "me", "type": "space", "sdk": "static"}], created
END

# again: nothing has changed, nothing is sent
: >hub/log.jsonl
publish >urls 2>log
[ "$(grep -c 'nothing has changed' log)" = 2 ]
[ "$(asked /commit/)" = 0 ]
[ "$(asked '"method": "PUT"')" = 0 ]

# what changes is sent alone; files of others stay
echo mine >$d/mine.txt
sed -i 's/levels: .*/levels: [BF16, Q8_0]/' study.yaml
sed -i 's/measures: .*/measures: [kl, speed, memory]/' study.yaml
$PERBIT run study.yaml -q
: >hub/log.jsonl
publish >urls 2>log
[ -f $d/mine.txt ]
[ "$(asked /commit/)" = 2 ]
! grep -q 'speed/' hub/log.jsonl || ! grep '/commit/' hub/log.jsonl | grep -q '"speed/' || { echo "unchanged files were sent"; exit 1; }

# a commit whose reply is lost is found; one that comes in between is no silent loss
again() { sqlite_touch=1; python3 - <<'END'
import sqlite3
db = sqlite3.connect("tiny.db")
db.execute("UPDATE cell SET finished = datetime(replace(replace(finished, 'T', ' '), 'Z', ''), '+1 hour') || 'Z'")
db.commit()
END
}
again
faults '{"commit": {"drop_after": true, "times": 2}}'
publish >urls 2>log
grep -q 'files sent' log
faults '{}'
publish 2>&1 | grep -c 'nothing has changed' | grep -qx 2
again
faults '{"commit": {"status": 412, "times": 1}}'
refused 'somebody else has committed meanwhile; nothing was committed: run it again' $PERBIT publish me/results study.yaml
faults '{"hub": {"status": 503, "times": 2}}'
$PERBIT publish me/results study.yaml >urls 2>log
[ -z "$(ls "${TMPDIR:-/tmp}" | grep perbit-publish || true)" ]

# private, and a bad name
$PERBIT publish me/hidden study.yaml --private -q >/dev/null
grep create hub/log.jsonl | tail -1 | grep -q 'visibility.*private'
status=0
$PERBIT publish results study.yaml 2>log || status=$?
[ $status = 2 ]
