#!/usr/bin/env bash
# Made-up models against llama-quantize: of small shapes of every architecture, each level's file is as long as, and has tensor by tensor
# the type of, the one that llama-quantize makes of the BF16 file. And every model of the guide's study, cut to two layers and whole
# otherwise, loads and decodes in the pinned engine.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/perbit-preview.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
levels="Q8_0 Q6_K Q5_K_M Q4_K_M Q4_0 Q3_K_M Q2_K"

python3 - "$PERBIT_SRC/shapes" <<'END'
import json, os, sys
# 11 layers and 2,000 tokens, so that each mix shows; widths that fit K-quants and such that do not
small = {"llama": ("llama-3.2-1b-instruct", 512, 1024, 8, 2, 64), "wide_gqa1": ("smollm2-1.7b-instruct", 256, 768, 4, 4, 64),
         "qwen2": ("deepseek-r1-distill-qwen-1.5b", 576, 1536, 9, 3, 64), "qwen3": ("qwen3-1.7b", 512, 1280, 8, 4, 64),
         "phi3": ("phi-4-mini-instruct", 768, 1024, 6, 2, 128), "gemma3": ("gemma-3-1b-it", 640, 1024, 4, 1, 256),
         "mistral3": ("ministral-3-3b-instruct-2512", 512, 1024, 8, 2, 128)}
for name, (shape, embd, ff, heads, kv, dim) in small.items():
    c = json.load(open(f"{sys.argv[1]}/{shape}.json"))
    t = c.get("text_config", c)
    t.update(hidden_size=embd, intermediate_size=ff, num_hidden_layers=11, num_attention_heads=heads, num_key_value_heads=kv, vocab_size=2000)
    if "head_dim" in t or name in ("llama", "gemma3"):
        t["head_dim"] = dim
    c["perbit"].pop("merges", None)
    json.dump(c, open(f"{name}.json", "w"))
for f in os.listdir(sys.argv[1]):
    if f.endswith(".json"):
        c = json.load(open(f"{sys.argv[1]}/{f}"))
        c.get("text_config", c)["num_hidden_layers"] = 2
        json.dump(c, open(f"full-{f}", "w"))
END

cat >types.py <<'END'
import struct, sys
def read(path):  # {tensor: type}, bytes
    f = open(path, "rb")
    u32 = lambda: struct.unpack("<I", f.read(4))[0]
    u64 = lambda: struct.unpack("<Q", f.read(8))[0]
    text = lambda: f.read(u64()).decode()
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    def value(t):
        if t == 8: text()
        elif t == 9:
            of, n = u32(), u64()
            for _ in range(n) if of in (8, 9) else (): value(of)
            if of not in (8, 9): f.read(sizes[of] * n)
        else: f.read(sizes[t])
    assert f.read(4) == b"GGUF"
    u32()
    n_tensors, n_keys = u64(), u64()
    for _ in range(n_keys): text(), value(u32())
    types = {}
    for _ in range(n_tensors):
        name = text()
        dims = tuple(u64() for _ in range(u32()))
        types[name] = (u32(), dims)
        u64()
    f.seek(0, 2)
    return types, f.tell()
a, b = read(sys.argv[1]), read(sys.argv[2])
wrong = [(n, a[0].get(n), b[0].get(n)) for n in sorted(set(a[0]) | set(b[0])) if a[0].get(n) != b[0].get(n)]
what = sys.argv[3]
print("ok -" if not wrong else "not ok -", what, "types of", len(a[0]), "tensors", wrong[:3] if wrong else "")
print("ok -" if a[1] == b[1] else f"not ok - {a[1]} and {b[1]} bytes:", what, "file size")
END

for name in llama wide_gqa1 qwen2 qwen3 phi3 gemma3 mistral3; do
    "$PERBIT" preview $name.json --measures memory --memory_ctx 1024 --keep --out_dir made -t 1 -q --json >$name.out
    bf16=$(ls made/*-BF16.gguf)
    for level in $levels; do
        "$PERBIT_ENGINE_BIN/llama-quantize" "$bf16" theirs.gguf $level 1 >/dev/null 2>&1
        python3 types.py made/*-$level.gguf theirs.gguf "$name $level"
    done
    rm -r made theirs.gguf
done

for config in full-*.json; do
    "$PERBIT" preview $config --levels Q4_K_M --measures speed -p 16 -n 2 -r 1 --n_warmup 0 --no-ttft -t 1 -q --json >one.json 2>err.txt || true
    python3 - "$config" <<'END'
import json, sys
try:
    r = json.load(open("one.json"))[0]
    good = r["prompt_tps"] > 0 and r["gen_tps"] > 0 and r["level"] == "Q4_K_M" and r["weights"] == "synthetic"
except Exception:
    good = False
print("ok -" if good else f"not ok - {open('err.txt').read().strip()}:", sys.argv[1], "loads and decodes")
END
done
