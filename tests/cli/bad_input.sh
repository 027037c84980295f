# each mistake has its line and its status
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
expect() { # STATUS TEXT COMMAND...
    want=$1 text=$2 status=0
    shift 2
    "$@" >out 2>log || status=$?
    [ $status = $want ] || { echo "$*: status $status, not $want"; cat log; exit 1; }
    grep -qF -- "$text" log || { echo "$*: no '$text' in:"; cat log; exit 1; }
    [ "$(grep -c ^error log)" -ge 1 ]
}
expect 1 'missing.gguf: no such file' $PERBIT perplexity missing.gguf -f text.txt
head -c 1000 /dev/zero >junk.gguf
expect 1 'junk.gguf: not a GGUF file' $PERBIT perplexity junk.gguf -f text.txt
expect 1 'nosuch.txt: No such file' $PERBIT perplexity tiny.gguf -f nosuch.txt
: >empty.txt
expect 1 'empty.txt: the text is empty' $PERBIT perplexity tiny.gguf -f empty.txt
echo hello >short.txt
expect 1 'short.txt: the text has 5 tokens; perplexity with chunks of 512 needs at least 1024' \
    $PERBIT perplexity tiny.gguf -f short.txt
expect 2 "unknown level 'Q4_K_X'; did you mean 'Q4_K_M'?" $PERBIT quantize tiny.gguf out Q4_K_X
expect 2 "unknown command 'sped'; did you mean 'speed'?" $PERBIT sped
expect 2 "did you mean '--n_chunks'" $PERBIT perplexity tiny.gguf -f text.txt --n_chunk 3
expect 2 'expected a whole number' $PERBIT perplexity tiny.gguf -f text.txt --n_chunks many
expect 2 'missing option -f FILE' $PERBIT perplexity tiny.gguf
cat >bad.yaml <<'EOF'
modles: [a.gguf]
levels: [Q4_K_N, Q8_0]
measures: [klx]
repetitions: many
EOF
expect 2 "bad.yaml:1:1: unknown key 'modles'; did you mean 'models'?" $PERBIT run bad.yaml
grep -qF "bad.yaml:2:10: levels: unknown level 'Q4_K_N'; did you mean 'Q4_K_M'?" log
grep -qF "bad.yaml:3:12: measures: unknown measure 'klx'; did you mean 'kl'?" log
grep -qF "bad.yaml:4:14: repetitions: expected a whole number of repetitions" log
grep -qF "bad.yaml: 5 mistakes" log
echo 'name: [' >syntax.yaml
expect 1 'syntax.yaml:' $PERBIT run syntax.yaml
expect 1 'no such store' $PERBIT show none.db
echo 'not a database, not at all, only some text' >text.db
expect 1 'text.db: not a perbit store' $PERBIT show text.db
python3 -c 'import sqlite3; sqlite3.connect("new.db").executescript("CREATE TABLE cell(x); CREATE TABLE variant(x); PRAGMA user_version=99")'
expect 1 'written by a newer perbit (store version 99' $PERBIT show new.db
sha256sum new.db >new.sum
expect 1 'written by a newer perbit (store version 99' $PERBIT perplexity tiny.gguf -f text.txt --store new.db
sed 's/store: .*/store: new.db/' study.yaml >new.yaml
expect 1 'written by a newer perbit (store version 99' $PERBIT run new.yaml
sha256sum -c --quiet new.sum
python3 -c 'import sqlite3; sqlite3.connect("other.db").executescript("CREATE TABLE bookmarks(x)")'
sha256sum other.db >other.sum
expect 1 'other.db: not a perbit store (an SQLite file of another program)' \
    $PERBIT perplexity tiny.gguf -f text.txt --store other.db
sha256sum -c --quiet other.sum
