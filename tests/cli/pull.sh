# pull: layout, patterns, revisions, refs, what is asked for twice, the token, offline
. "$PERBIT_SRC/tests/cli/hub.sh.inc"
m=hub/models/org/tiny
bytes $m/tiny-Q8_0.gguf 300000 1
bytes $m/tiny-Q4_K_M.gguf 200000 2
bytes $m/parts/big-00001-of-00002.gguf 70000 3
bytes $m/parts/big-00002-of-00002.gguf 70001 4
bytes $m/parts/other.gguf 100 5
echo '{"a": 1}' >$m/config.json
: >$m/empty.txt
mkdir -p "$m/a b/ü"
echo "spaces and letters" >"$m/a b/ü/c%d#?.txt"
cp -r $m "hub/models/org/tiny@dev"
echo '{"a": 2}' >"hub/models/org/tiny@dev/config.json"

# one file: its path, and only that file
path=$($PERBIT pull org/tiny:tiny-Q8_0.gguf)
cmp "$path" $m/tiny-Q8_0.gguf
[ "$(find cache -path '*snapshots*' -type l | wc -l)" = 1 ]
repo=cache/models--org--tiny
commit=$(cat $repo/refs/main)
[ "$path" = "$PWD/$repo/snapshots/$commit/tiny-Q8_0.gguf" ]
sha=$(sha256sum <$m/tiny-Q8_0.gguf | cut -d' ' -f1)
[ "$(readlink "$path")" = "../../blobs/$sha" ]
[ -f "cache/.locks/models--org--tiny/$sha.lock" ]
[ -f cache/CACHEDIR.TAG ]

# again: nothing is loaded
n=$(asked /content/)
[ "$($PERBIT pull hub:org/tiny@main:tiny-Q8_0.gguf)" = "$path" ]
[ "$(asked /content/)" = "$n" ]

# a pattern, all, a file in parts
dir=$($PERBIT pull 'org/tiny:*Q4*')
cmp "$dir/tiny-Q4_K_M.gguf" $m/tiny-Q4_K_M.gguf
path=$($PERBIT pull org/tiny:parts/big-00001-of-00002.gguf)
cmp "$path" $m/parts/big-00001-of-00002.gguf
cmp "$(dirname "$path")/big-00002-of-00002.gguf" $m/parts/big-00002-of-00002.gguf
[ ! -e "$(dirname "$path")/other.gguf" ]
[ "$(readlink "$path")" = "../../../blobs/$(sha256sum <"$path" | cut -d' ' -f1)" ]
dir=$($PERBIT pull org/tiny)
diff -r -x .hub.json $m "$dir"
sound

# a branch, a commit
dev=$($PERBIT pull org/tiny@dev:config.json)
grep -q 2 "$dev"
[ "$(cat $repo/refs/dev)" != "$commit" ]
[ "$($PERBIT pull "org/tiny@$commit:config.json")" = "$PWD/$repo/snapshots/$commit/config.json" ]
# main moves on: the old snapshot stays, the new one shares blobs with it
echo '{"a": 3}' >$m/config.json
n=$(asked /content/)
new=$($PERBIT pull org/tiny)
grep -q 3 "$new/config.json"
grep -q 1 "$PWD/$repo/snapshots/$commit/config.json"
[ "$(asked /content/)" = "$n" ]
[ "$(cat $repo/refs/main)" != "$commit" ]
sound

# the list of files has several pages
for i in $(seq 1 120); do mkdir -p hub/datasets/org/many/x; echo "$i" >"hub/datasets/org/many/x/$i.txt"; done
dir=$($PERBIT pull org/many --dataset)
[ "$(ls "$dir/x" | wc -l)" = 120 ]
[ "$($PERBIT pull datasets/org/many)" = "$dir" ]
[ "$(asked '/tree/.*cursor=')" = 2 ]

# what is not there
refused "no file 'tiny-Q8.gguf'; did you mean 'tiny-Q8_0.gguf'?" $PERBIT pull org/tiny:tiny-Q8.gguf
[ -f $repo/.no_exist/"$(cat $repo/refs/main)"/tiny-Q8.gguf ]
refused "no file '*.zip'; there are: " $PERBIT pull 'org/tiny:*.zip'
refused "no revision 'v9'" $PERBIT pull org/tiny@v9
refused "org/none: the hub ($HF_ENDPOINT) has no such model, or it is private: HF_TOKEN is not set" $PERBIT pull org/none
status=0
$PERBIT pull ../evil 2>log || status=$?
[ $status = 2 ]
grep -q 'expected a repository of the hub' log
status=0
$PERBIT pull org/tiny:../../x 2>log || status=$?
[ $status = 2 ]

# offline: the cache alone
export HF_HUB_OFFLINE=1
: >hub/log.jsonl
[ "$($PERBIT pull org/tiny:config.json)" = "$new/config.json" ]
[ "$($PERBIT pull org/tiny)" = "$new" ]
refused 'org/other is not in the hub'"'"'s cache' $PERBIT pull org/other
rm "$new/tiny-Q4_K_M.gguf"
refused 'tiny-Q4_K_M.gguf is not in the hub' $PERBIT pull org/tiny
[ ! -s hub/log.jsonl ]
unset HF_HUB_OFFLINE

# the token: to the hub, never to the second server; from the environment, from the file
forget
mkdir -p hub/models/org/secret home
bytes hub/models/org/secret/s.gguf 5000 7
echo '{"private": true, "members": ["hf_member"]}' >hub/models/org/secret/.hub.json
refused 'org/secret: the hub' $PERBIT pull org/secret
HF_TOKEN=hf_member $PERBIT pull org/secret -q >/dev/null
[ "$(asked 'earer hf_member')" -gt 1 ]
leaked && exit 1
rm -r cache
printf ' hf_member\n' >home/token
$PERBIT pull org/secret >/dev/null
leaked && exit 1
HF_TOKEN=hf_bad refused 'does not accept the token' $PERBIT pull org/secret
! grep -q hf_ log
rm home/token

# gated: what to accept and where
forget
mkdir -p hub/models/org/gated
bytes hub/models/org/gated/g.gguf 5000 8
echo '{"gated": true, "members": ["hf_member"]}' >hub/models/org/gated/.hub.json
refused "org/gated is gated: log in at $HF_ENDPOINT/org/gated and accept the conditions there, make a token that may read at $HF_ENDPOINT/settings/tokens, set HF_TOKEN" $PERBIT pull org/gated
HF_TOKEN=hf_other refused "org/gated is gated: log in at $HF_ENDPOINT/org/gated with the account that your token belongs to" $PERBIT pull org/gated
HF_TOKEN=hf_member $PERBIT pull org/gated:g.gguf >/dev/null
sound
