# convert: a folder of safetensors made here, with and without levels; the result runs; mistakes have their line and status
python3 - <<'END'
import json, os, random, struct

def write(path, header, data):
    h = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(h)) + h + data)

E, F, V, L = 256, 512, 258, 1
shapes = {"model.embed_tokens.weight": [V, E], "model.norm.weight": [E]}
for i in range(L):
    p = f"model.layers.{i}."
    shapes |= {p + "input_layernorm.weight": [E], p + "post_attention_layernorm.weight": [E],
               p + "self_attn.q_proj.weight": [E, E], p + "self_attn.k_proj.weight": [E // 2, E],
               p + "self_attn.v_proj.weight": [E // 2, E], p + "self_attn.o_proj.weight": [E, E],
               p + "mlp.gate_proj.weight": [F, E], p + "mlp.up_proj.weight": [F, E], p + "mlp.down_proj.weight": [E, F]}
random.seed(3)
header, data = {}, b""
for name, shape in shapes.items():
    n = shape[0] * (shape[1] if len(shape) > 1 else 1)
    begin = len(data)
    data += b"".join(struct.pack("<f", random.gauss(0, 0.05))[2:] for _ in range(n))  # BF16
    header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, len(data)]}
os.mkdir("tiny")
write("tiny/model.safetensors", header, data)
json.dump({"architectures": ["LlamaForCausalLM"], "hidden_size": E, "intermediate_size": F, "num_hidden_layers": L,
           "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": V, "max_position_embeddings": 512,
           "rms_norm_eps": 1e-5}, open("tiny/config.json", "w"))
itself = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
others = [b for b in range(256) if b not in itself]
vocab = {chr(b if b in itself else 256 + others.index(b)): b for b in range(256)}
json.dump({"added_tokens": [{"id": 256, "content": "<s>", "special": True, "normalized": False},
                            {"id": 257, "content": "</s>", "special": True, "normalized": False}],
           "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
           "model": {"type": "BPE", "vocab": vocab, "merges": ["a b"]}}, open("tiny/tokenizer.json", "w"))
json.dump({"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True}, open("tiny/tokenizer_config.json", "w"))
END
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
