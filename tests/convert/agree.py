"""agree.py: perbit convert against the pinned convert_hf_to_gguf.py, file by file: every key, every tensor's bytes.

  python agree.py TREE MODELS PERBIT TOKEN_LINES OUT [NAME...]

Prints TAP lines. What may differ is listed in KNOWN with the reason; anything else is "not ok". Vocabularies that were
trained for this test have check sums that no table knows: the reference is told their names, perbit finds them by the
parts of the pre-tokenizer. After the files, 500 awkward strings: the engine's tokens from perbit's file against the
tokenizer the model came with.
"""
import json, os, random, subprocess, sys, unicodedata
from hashlib import sha256
from pathlib import Path

TREE, MODELS, PERBIT, LINES, OUT = [Path(a).resolve() for a in sys.argv[1:6]]
NAMES = sys.argv[6:]
sys.path.insert(0, str(TREE / "gguf-py"))
sys.path.insert(0, str(TREE))
import gguf  # noqa: E402
import numpy as np  # noqa: E402

OWN_PRE = {"Phi-4-mini-instruct": "gpt-4o", "Ministral-3-3B-Instruct-2512": "tekken"}
OUTTYPES = ["auto", "f32", "f16", "bf16", "q8_0"]
# (model, key): reason
KNOWN = {
    ("Mistral-7B-Instruct-v0.2", "tokenizer.chat_templates"): "the reference writes a Python set: any order",
}
failed = 0


def tap(is_ok, name):
    global failed
    failed += not is_ok
    print(("ok - " if is_ok else "not ok - ") + name, flush=True)


# One process a model: to import torch and transformers takes longer than to convert.
CONVERT = r"""
import runpy, sys
tree, pre, model, out = sys.argv[1:5]
outtypes = sys.argv[5:]
sys.path[:0] = [tree, tree + "/gguf-py"]
import conversion.base as base
if pre:
    base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
for outtype in outtypes:
    sys.argv = [tree + "/convert_hf_to_gguf.py", model, "--outfile", f"{out}.{outtype}.ref.gguf", "--outtype", outtype]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def reference(name, outtypes):
    r = subprocess.run([sys.executable, "-c", CONVERT, str(TREE), OWN_PRE.get(name, ""), str(MODELS / name), str(OUT / name)] + outtypes,
                       capture_output=True, text=True)
    if r.returncode:
        sys.exit(f"the reference cannot convert {name}: {r.stderr[-2000:]}")


def ours(name, outtype, to):
    r = subprocess.run([str(PERBIT), "convert", str(MODELS / name), str(to), "--outtype", outtype, "--overwrite", "--quiet"],
                       capture_output=True, text=True)
    return r.returncode, r.stderr.strip()


def value(field):
    return field.contents(), [int(t) for t in field.types]


def compare(name, outtype):
    a, b = OUT / f"{name}.{outtype}.ref.gguf", OUT / f"{name}.own.gguf"
    rc, why = ours(name, outtype, b)
    if rc:
        tap(False, f"{name} {outtype}: perbit: {why}")
        return
    if a.read_bytes() == b.read_bytes():
        tap(True, f"{name} {outtype}: the files are equal, {a.stat().st_size} bytes")
        return
    x, y = gguf.GGUFReader(a), gguf.GGUFReader(b)
    kx, ky = list(x.fields), list(y.fields)
    wrong = [k for k in set(kx) ^ set(ky)]
    for k in kx:
        if k in y.fields and not k.startswith("GGUF.") and value(x.fields[k]) != value(y.fields[k]) and (name, k) not in KNOWN:
            wrong.append(k)
    for k in wrong:
        print(f"# {k}: reference {str(value(x.fields[k]))[:200] if k in x.fields else None}, perbit {str(value(y.fields[k]))[:200] if k in y.fields else None}")
    tx, ty = {t.name: t for t in x.tensors}, {t.name: t for t in y.tensors}
    for k in set(tx) | set(ty):
        if k not in tx or k not in ty:
            wrong.append(k)
            print(f"# tensor {k}: only in {'reference' if k in tx else 'perbit'}")
        elif tx[k].tensor_type != ty[k].tensor_type or list(tx[k].shape) != list(ty[k].shape):
            wrong.append(k)
            print(f"# tensor {k}: {tx[k].tensor_type} {list(tx[k].shape)}, perbit {ty[k].tensor_type} {list(ty[k].shape)}")
        elif tx[k].data.tobytes() != ty[k].data.tobytes():
            wrong.append(k)
            d = np.frombuffer(tx[k].data.tobytes(), np.uint8) != np.frombuffer(ty[k].data.tobytes(), np.uint8)
            print(f"# tensor {k}: {int(d.sum())} bytes differ")
    if not wrong and list(tx) != list(ty):
        wrong.append("order of tensors")
    if not wrong and kx != ky:
        wrong.append("order of keys")
        print("#", [k for k in kx], "\n#", ky)
    known = [k for k in kx if (name, k) in KNOWN]
    tap(not wrong, f"{name} {outtype}: " + (f"differ: {wrong[:5]}" if wrong else f"keys and tensors equal but {known}"))


# ---- tokens ----

def strings():
    rng = random.Random(7)
    pieces = ["hello", " world", "Hello", "WORLD", "\n", "\n\n", "\t", " ", "  ", "   ", "    ", "'s", "'S", "'re", "'ll", "I've", "1", "12",
              "123", "1234567", "3.14", "é", "e\u0301", "ñ", "ü", "ß", "Привет", "мир", "你好", "世界", "こんにちは", "안녕", "नमस्ते", "שלום",
              "مرحبا", "🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "\u200d", "\ufeff", "\u00a0", "\u3000", "½", "²", "Ⅷ", "٣", "=", "==", "!=", "->", "//", "/*",
              "{}", "()", "[]", "...", "!!!", "???", "\"", "``", "_", "__init__", "camelCase", "snake_case", "HTTPServer", "a\u0308b",
              "<s>", "<|", "|>", "▁", "Ġ", "\\n", "\r\n", "\r", "don't", "x²+y²", "https://a.b/c?d=e&f", "€", "$", "%", "&", "#", "@", "~"]
    fixed = ["", " ", "\n", "a", "hello world", " hello", "hello ", "  two  spaces  ", "\n\n\n", "\t\ttabs", "for (int i = 0; i < n; i++) {\n    x += i;\n}\n",
             "The quick brown fox jumps over the lazy dog.", "I'm sure you're 'told' we've WE'VE it'll", "1 22 333 4444 55555 666666"]
    return fixed + ["".join(rng.choice(pieces) for _ in range(rng.randint(1, 12))) for _ in range(500 - len(fixed))]


def hf_tokens(name, texts):
    d = MODELS / name
    if (d / "tokenizer.model").is_file():
        import sentencepiece
        sp = sentencepiece.SentencePieceProcessor(str(d / "tokenizer.model"))
        return [sp.EncodeAsIds(t) for t in texts]
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(str(d / "tokenizer.json"))
    return [t.encode(s, add_special_tokens=False).ids for s in texts]


def lines(how, path, texts):
    r = subprocess.run([str(LINES), how, str(path)], input="".join(json.dumps(t, ensure_ascii=False) + "\n" for t in texts),
                       capture_output=True, text=True)
    if r.returncode:
        return [r.stderr.strip()] * len(texts)
    return [json.loads(line) for line in r.stdout.splitlines()]


def tap_tokens(name, what, texts, want, got):
    bad = [(t, w, g) for t, w, g in zip(texts, want, got) if w != g]
    for t, w, g in bad[:3]:
        print(f"# {t!r}: tokenizer {w}, {what} {g}")
    tap(not bad, f"{name}: {len(texts)} strings: {len(bad)} differ between {what} and the tokenizer")


def readable(name, texts):
    """What the engine is known to read otherwise, whatever file it has: it does not compose letters and marks (Qwen's
    NFC), its patterns for GPT-4o's and Tekken's words leave marks out of them (src/llama-vocab.cpp), and it tells a
    U+2581 of the text from a space where Gemma's user-defined runs of spaces begin; SentencePiece does not."""
    path = MODELS / name / "tokenizer.json"
    if path.is_file() and (json.loads(path.read_text(encoding="utf-8")).get("normalizer") or {}).get("type") == "NFC":
        texts = [unicodedata.normalize("NFC", t) for t in texts]
    if name.startswith("gemma"):
        texts = [t for t in texts if "\u2581" not in t]
    if name in OWN_PRE:
        texts = [t for t in texts if not any(unicodedata.category(c).startswith("M") for c in t)]
    return texts


def tokens(name):
    """The library finds special tokens in a text, SentencePiece does not: the engine is asked alike."""
    texts = readable(name, [t for t in strings() if t])
    how = "engine" if (MODELS / name / "tokenizer.model").is_file() else "engine_specials"
    tap_tokens(name, "engine", texts, hf_tokens(name, texts), lines(how, OUT / f"{name}.own.gguf", texts))


def check_string():
    """Every row of perbit's table against the reference's; and perbit's encoder on the check string and on others."""
    import re
    source = (TREE / "conversion" / "base.py").read_text(encoding="utf-8")
    part = source[source.index("def get_vocab_base_pre"):source.index("if res is None")]
    theirs = dict(re.findall(r'chkhsh == "([0-9a-f]{64})":\s*\n(?:\s*#.*\n)*\s*res = "([^"]+)"', part))
    own = (Path(__file__).parents[2] / "src" / "convert" / "pretokenizer_table.c").read_text(encoding="utf-8")
    tap(dict(re.findall(r'\{ "([0-9a-f]{64})", "([^"]+)" \}', own)) == theirs, f"{len(theirs)} check sums are the reference's")
    text = eval(re.search(r"chktxt = ('.*?')\n", part).group(1))
    for name in NAMES or sorted(p.name for p in MODELS.iterdir()):
        path = MODELS / name / "tokenizer.json"
        if path.is_file() and not (MODELS / name / "tokenizer.model").is_file():
            from tokenizers import Tokenizer
            t = Tokenizer.from_file(str(path))
            want = t.encode(text, add_special_tokens=False).ids
            tap_tokens(name, "perbit's encoder", [text], [want], lines("bpe", path, [text]))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    check_string()
    for name in NAMES or sorted(p.name for p in MODELS.iterdir()):
        outtypes = os.environ.get("OUTTYPES", " ".join(OUTTYPES)).split()
        reference(name, outtypes)
        for outtype in outtypes:
            compare(name, outtype)
            (OUT / f"{name}.{outtype}.ref.gguf").unlink()
        if os.environ.get("TOKENS", "1") == "1":
            tokens(name)
    sys.exit(failed > 0)


main()
