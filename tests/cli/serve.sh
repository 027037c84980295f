# perbit serve: the page and its numbers on loopback, live while the store grows; only GET; a clean end at SIGTERM
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
$PERBIT run study.yaml -q

$PERBIT serve tiny.db --port 0 >address 2>errors &
server=$!
i=0
while [ ! -s address ] && [ $i -lt 200 ]; do sleep 0.1; i=$((i + 1)); done
cat >ask.py <<'END'
import sys, urllib.request, urllib.error
url, status, *more = sys.argv[1:]
base = open("address").read().strip()
assert base.startswith("http://127.0.0.1:"), base
method = more[0] if more else "GET"
headers = {"Host": more[1]} if len(more) > 1 else {}
try:
    r = urllib.request.urlopen(urllib.request.Request(base + url, method=method, headers=headers, data=b"x" if method == "POST" else None))
except urllib.error.HTTPError as e:
    r = e
sys.stdout.buffer.write(r.read())
assert r.status == int(status), (url, r.status, status)
END
ask() { python3 ask.py "$@"; }
sum=$(sha256sum <tiny.db)
ask "" 200 >page
grep -q 'id="live"' page
grep -q '<title>SYNTHETIC' page
grep -q "connect-src 'self'" page
before=$(ask version 200)
ask data.json 200 >data
python3 -c 'import json; d = json.load(open("data")); assert d["data"]["synthetic"] and len(d["data"]["variants"]["rows"]) == 3, d["data"]["variants"]; assert "speed_size" in d["charts"]'
ask perbit.db 404 >out
ask ../tiny.db 404 >out
ask "" 405 POST >out
ask "" 405 DELETE >out
ask "" 200 HEAD >out
[ ! -s out ]
ask "" 403 GET example.invalid >out
[ "$sum" = "$(sha256sum <tiny.db)" ]

# the store grows: another version, and the numbers of the new model
sed 's/"seed":7/"seed":8/; s/"name":"tiny"/"name":"second"/' tiny.gguf >second.gguf
sed 's/models: .*/models: [second.gguf]/' study.yaml >more.yaml
$PERBIT run more.yaml -q
i=0
while [ "$(ask version 200)" = "$before" ] && [ $i -lt 200 ]; do sleep 0.1; i=$((i + 1)); done
[ "$(ask version 200)" != "$before" ]
ask data.json 200 >data
grep -q '"second"' data

kill -TERM $server
wait $server
[ ! -s errors ]

if $PERBIT serve nowhere.db --port 0 2>errors; then exit 1; fi
grep -q nowhere.db errors
if $PERBIT serve tiny.db --host no.such.invalid --port 0 2>errors; then exit 1; fi
grep -q no.such.invalid errors
