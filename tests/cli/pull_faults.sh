# pull on bad lines: cut, silent, slow, wrong, busy and hostile servers, full disks, two at once, killed
. "$PERBIT_SRC/tests/cli/disk.sh.inc"
. "$PERBIT_SRC/tests/cli/hub.sh.inc"
for i in 1 2 3 4 5 6; do bytes hub/models/org/m/$i.gguf $((i * 150000)) $i; done
echo small >hub/models/org/m/small.txt
all() { diff -r -x .hub.json hub/models/org/m "$($PERBIT pull org/m -q)"; }

# cut at random bytes: goes on by range; nothing is loaded twice from its beginning on
forget
faults '{"cdn": {"cut": "random", "times": 25}}'
all
sound
[ "$(asked '"range": "bytes=')" -gt 5 ]
[ -z "$(find cache -name '*.incomplete')" ]

# cut after the same byte for ever: given up, with what is there kept for another time
forget
faults '{"cdn": {"cut": 0}}'
refused '1.gguf: the server stops after 0 of 150000 bytes' $PERBIT pull org/m:1.gguf
[ ! -e cache/models--org--m/refs/main ]
faults '{"cdn": {"cut": 100000, "times": 1}, "resolve": {"status": 404, "times": 0}}'
$PERBIT pull org/m:1.gguf -q >/dev/null
sound

# a server that knows no ranges starts again
forget
faults '{"cdn": {"cut": 140000, "times": 1}}'
rm -f hub/log.jsonl
$PERBIT pull org/m:1.gguf -q >/dev/null
forget
mkdir -p cache/models--org--m/blobs
sha=$(sha256sum <hub/models/org/m/1.gguf | cut -d' ' -f1)
head -c 70000 hub/models/org/m/1.gguf >cache/models--org--m/blobs/$sha.incomplete
faults '{"cdn": {"no_range": true}}'
$PERBIT pull org/m:1.gguf -q >/dev/null
sound
# what an earlier process left is taken up
forget
mkdir -p cache/models--org--m/blobs
head -c 70000 hub/models/org/m/1.gguf >cache/models--org--m/blobs/$sha.incomplete
$PERBIT pull org/m:1.gguf -q >/dev/null
sound
[ "$(asked '"cdn".*"range": "bytes=70000-"')" = 1 ]
# ... and thrown away when it is of another file, also when it is longer
for n in 70000 150000 200000; do
    forget
    mkdir -p cache/models--org--m/blobs
    head -c $n hub/models/org/m/5.gguf >cache/models--org--m/blobs/$sha.incomplete
    $PERBIT pull org/m:1.gguf -q >/dev/null 2>&1
    sound
done

# wrong content: refused, deleted, nothing named
forget
faults '{"cdn": {"wrong": true}}'
refused '1.gguf: what the server sent has the SHA-256 ' $PERBIT pull org/m:1.gguf
grep -q "expected $sha; it was deleted" log
[ -z "$(find cache -path '*snapshots*' -o -path '*blobs/*')" ]
faults '{"small": {"wrong": true}}'
refused 'small.txt: what the server sent has the git digest ' $PERBIT pull org/m:small.txt
[ -z "$(find cache -path '*snapshots*' -o -path '*blobs/*')" ]

# 429 with Retry-After and with RateLimit, 503: waits, then goes on
forget
faults '{"hub": {"status": 429, "retry_after": 2, "times": 1}, "cdn": {"status": 503, "times": 2}, "resolve": {"status": 429, "rate": "\"api\";r=0;t=1", "times": 1}}'
start=$(date +%s)
$PERBIT pull org/m:1.gguf -q >/dev/null
[ $(($(date +%s) - start)) -ge 3 ]
sound
forget
faults '{"hub": {"status": 429, "retry_after": 86400}}'
refused 'the server answers 429' $PERBIT pull org/m
faults '{"hub": {"drop": true, "times": 1}, "cdn": {"drop": true, "times": 1}}'
$PERBIT pull org/m:1.gguf -q >/dev/null
sound

# slow is not dead; silent is
forget
faults '{"cdn": {"rate_bytes_s": 60000}}'
$PERBIT pull org/m:1.gguf -q >/dev/null
sound
forget
faults '{"cdn": {"pause_s": 6, "times": 1}}'
$PERBIT pull org/m:1.gguf -q >/dev/null
sound
[ "$(asked /content/)" = 2 ]

# two pullers of the same files: one loads, both have them
forget
faults '{"cdn": {"rate_bytes_s": 300000}}'
$PERBIT pull org/m -q >one &
one=$!
$PERBIT pull org/m -q >two
wait $one
cmp one two
sound
for i in 1 2 3 4 5 6; do
    sha_i=$(sha256sum <hub/models/org/m/$i.gguf | cut -d' ' -f1)
    [ "$(asked "/content/$sha_i")" = 1 ] || { echo "$i.gguf was loaded twice"; exit 1; }
done

# killed at some moment, again and again: what was loaded counts, and nothing wrong has a name
forget
faults '{"cdn": {"rate_bytes_s": 400000}}'
for t in 0.3 0.5 0.7; do
    timeout -s KILL $t $PERBIT pull org/m -q >/dev/null 2>&1 || true
    sound
done
faults '{}'
all
sound
[ "$(asked '"range": "bytes=')" -gt 0 ]

# names that are no names: refused as a whole, before anything is loaded
for name in '../evil' '/etc/evil' 'a/../../evil' 'a//b' './a' 'a/.' 'evil\\u0000.gguf' 'a\\nb' 'a\\\\b' ''; do
    forget
    mkdir -p hub/models/org/bad
    echo x >hub/models/org/bad/good.txt
    printf '{"names": [{"type": "file", "oid": "%040d", "size": 1, "path": "%b"}]}' 0 "$name" >hub/models/org/bad/.hub.json
    refused 'which is no safe name of a file; nothing is pulled' $PERBIT pull org/bad
    refused 'which is no safe name of a file; nothing is pulled' $PERBIT pull org/bad:good.txt
    [ -z "$(find cache home -name '*evil*' -o -path '*blobs/*' 2>/dev/null)" ]
done
row() { printf '{"type": "%s", "oid": "%s", "size": %s, "path": "%s"}' "$1" "$2" "$3" "$4"; }
o=$(printf '%040d' 0)
listing() { printf '{"names": [%s]}' "$1" >hub/models/org/bad/.hub.json; }
forget
listing "$(row file ../../x 1 a)"
refused 'a: expected a size and hexadecimal digests' $PERBIT pull org/bad
listing "$(row file $o -1 a)"
refused 'a: expected a size and hexadecimal digests' $PERBIT pull org/bad
listing "$(row file $o 1 good.txt)"
refused "the name 'good.txt' stands in the list of files for more than one thing" $PERBIT pull org/bad
listing "$(row file $o 1 d), $(row file $o 1 d-e), $(row file $o 1 d/e)"
refused "the name 'd/e' stands in the list of files for more than one thing" $PERBIT pull org/bad
listing "$(row link $o 1 a)"
refused 'expected files and directories' $PERBIT pull org/bad
listing '{"type": "file", "oid": "'$o'", "size": 1, "path": "a", "lfs": {"oid": "../../../x", "size": 1}}'
refused 'a: expected a size and hexadecimal digests' $PERBIT pull org/bad
# the next page of a list at another server: the token would go there
for i in $(seq 1 60); do echo "$i" >hub/models/org/bad/$i.txt; done
printf '{"next_page_base": "http://127.0.0.1:%s"}' "$cdn_port" >hub/models/org/bad/.hub.json
HF_TOKEN=hf_member refused 'the list of files goes on at another server' $PERBIT pull org/bad
leaked && exit 1
# a folder of the snapshot that somebody made a link to elsewhere is not followed
rm hub/models/org/bad/*.txt hub/models/org/bad/.hub.json
mkdir -p hub/models/org/bad/sub elsewhere
echo x >hub/models/org/bad/sub/f.txt
commit=$(python3 -c 'import json, sys, urllib.request
print(json.load(urllib.request.urlopen(sys.argv[1]))["sha"])' "$HF_ENDPOINT/api/models/org/bad/revision/main")
mkdir -p "cache/models--org--bad/snapshots/$commit"
ln -s "$PWD/elsewhere" "cache/models--org--bad/snapshots/$commit/sub"
refused 'Not a directory' $PERBIT pull org/bad
[ -z "$(ls elsewhere)" ]

# a full disk: says so before, or in the middle; goes on when there is space
forget
disk small 256k
export HF_HUB_CACHE="$PWD/small"
refused 'small/models--org--m: needs 879 KiB for org/m' $PERBIT pull org/m:6.gguf
[ -z "$(find small -path '*snapshots*' -o -path '*blobs/*')" ]
disk small 3m
faults '{"cdn": {"rate_bytes_s": 500000}}'
$PERBIT pull org/m:6.gguf -q >out 2>log &
puller=$!
sleep 0.7
fill small
status=0
wait $puller || status=$?
[ $status = 1 ]
grep -q 'No space left on device' log
[ -z "$(find small -path '*snapshots*')" ]
rm small/fill
faults '{}'
cmp "$($PERBIT pull org/m:6.gguf -q)" hub/models/org/m/6.gguf
umount small
