# convert: a folder of safetensors made here, with and without levels; the result runs; mistakes have their line and status
. "$PERBIT_SRC/tests/cli/safetensors.sh.inc"
$PERBIT convert tiny tiny-BF16.gguf --levels Q8_0,Q4_K_M >out 2>log
grep -q "its pre-tokenizer is gpt-2's" log
cut -f1 out >files
printf 'tiny-BF16.gguf\n./tiny-Q8_0.gguf\n./tiny-Q4_K_M.gguf\n' | cmp - files
$PERBIT quantize tiny-BF16.gguf again Q8_0 -q >/dev/null
cmp tiny-Q8_0.gguf again/tiny-Q8_0.gguf
for i in $(seq 300); do echo "line $i of a text that is long enough"; done >text.txt
$PERBIT perplexity tiny-Q4_K_M.gguf -f text.txt --kl_divergence tiny-BF16.gguf -c 64 --n_chunks 2 -q >/dev/null
$PERBIT convert tiny q.gguf --outtype q8_0 -q >/dev/null 2>&1
[ "$(wc -c <q.gguf)" -lt "$(wc -c <tiny-BF16.gguf)" ]

expect() { # STATUS TEXT COMMAND...
    want=$1 text=$2 status=0
    shift 2
    "$@" >out 2>log || status=$?
    [ $status = $want ] || { echo "$*: status $status, not $want"; cat log; exit 1; }
    grep -qF -- "$text" log || { echo "$*: no '$text' in:"; cat log; exit 1; }
    [ "$(grep -c ^error log)" = 1 ]
}
expect 2 'tiny-BF16.gguf: exists already' $PERBIT convert tiny tiny-BF16.gguf
expect 2 "unknown level 'Q4_K_X'" $PERBIT convert tiny x.gguf --levels Q4_K_X
expect 2 'outtype' $PERBIT convert tiny x.gguf --outtype q4_0
expect 1 'none: no such folder' $PERBIT convert none x.gguf
expect 2 'tiny/model.safetensors: is one of the files to read' $PERBIT convert tiny tiny/model.safetensors --overwrite
head -c 5000 tiny/model.safetensors >cut && mv cut tiny/model.safetensors
expect 1 'tiny/model.safetensors: tensor' $PERBIT convert tiny x.gguf
[ ! -e x.gguf ] && [ -z "$(ls | grep part || true)" ]
