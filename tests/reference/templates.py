"""Every template of lm-evaluation-harness's task files, on random rows: perbit's text against Jinja2's.

templates.py RENDER_LINES [ROWS]    RENDER_LINES is the program of that name; ROWS rows a template (4)

A case is equal (the same text, or an error in both), refused (perbit alone says why it cannot) or different. A single
different case fails the run; so does a share of refused ones above 1 %.
"""
import ast
import collections
import glob
import json
import os
import random
import subprocess
import sys

import jinja2
import lm_eval
import yaml
from jinja2 import meta, nodes
from lm_eval import utils

FIELDS = ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix", "target_delimiter",
          "fewshot_delimiter", "doc_to_decontamination_query")
WORDS = ["a", "B", "True", "naïve café", "ΟΔΟΣ Σ", "日本語 テスト", "it's", 'say "x"', "x\ny", " pad ", "", "7", "-3.50",
         "😀 ok", "İstanbul", "straße", "back\\slash", "A", "C", "yes", "0", "\t", "e\u0301", "<b>&</b>", "\u2028z"]
NAMES = ["text", "label", "a1", "answer", "ctx", "spans"]


class Loader(yaml.CSafeLoader):
    pass


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def strings(value, key, out):
    if isinstance(value, dict):
        for k, v in value.items():
            strings(v, k, out)
    elif isinstance(value, list):
        for v in value:
            strings(v, key, out)
    elif isinstance(value, str) and key in FIELDS:
        out.setdefault(value, key)


def all_templates():
    out = {}
    root = os.path.join(os.path.dirname(lm_eval.__file__), "tasks")
    for path in sorted(glob.glob(root + "/**/*", recursive=True)):
        if os.path.isfile(path) and "yaml" in os.path.basename(path) and not path.endswith((".py", ".pyc")):
            with open(path, encoding="utf-8") as f:
                strings(yaml.load(f, Loader), None, out)
    return [t for t in out if "{" in t]


def scalar(rng):
    return rng.choice([lambda: rng.choice(WORDS), lambda: rng.choice(WORDS), lambda: rng.randint(-2, 5),
                       lambda: rng.choice([0.5, 1e16, 1e-5, 3.0, 0.1 + 0.2, -0.0]), lambda: rng.random() < 0.5,
                       lambda: None])()


def value(rng, keys, depth=0):
    kind = rng.random()
    if depth < 2 and kind < 0.25:
        return [value(rng, keys, depth + 1) for _ in range(rng.randint(0, 5))]
    if depth < 2 and kind < 0.45:
        return {k: value(rng, keys, depth + 1) for k in keys}
    return rng.choice(WORDS) if kind < 0.8 else scalar(rng)


class Shape:
    """What the template seems to want of each of its names, so that most rows get through."""

    def __init__(self, tree):
        self.names = sorted(meta.find_undeclared_variables(tree))
        self.keys = collections.defaultdict(set)
        self.kinds = collections.defaultdict(set)
        for n in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.For)):
            inner = n.iter if isinstance(n, nodes.For) else n.node
            if not isinstance(inner, nodes.Name):
                if isinstance(n, nodes.Getitem) and isinstance(n.arg, nodes.Name):
                    self.kinds[n.arg.name].add("index")
                self.nested(n, inner)
                continue
            if isinstance(n, nodes.Getattr):
                self.keys[inner.name].add(n.attr)
                if hasattr(str, n.attr):
                    self.kinds[inner.name].add("text")
            elif isinstance(n, nodes.Getitem) and isinstance(n.arg, nodes.Const) and isinstance(n.arg.value, str):
                self.keys[inner.name].add(n.arg.value)
            else:
                self.kinds[inner.name].add("list")
        for n in tree.find_all((nodes.Add, nodes.Concat)):
            for inner in n.find_all(nodes.Name):
                self.kinds[inner.name].add("text")

    def nested(self, n, inner):
        for name in inner.find_all(nodes.Name) if inner is not None else ():
            if isinstance(n, nodes.Getattr):
                self.keys[name.name].add(n.attr)
            elif isinstance(n, nodes.Getitem) and isinstance(n.arg, nodes.Const) and isinstance(n.arg.value, str):
                self.keys[name.name].add(n.arg.value)

    def likely(self, rng, name):
        keys = [k for k in self.keys[name] if not hasattr(str, k) and not hasattr(list, k)]
        if keys:
            entry = lambda: {k: rng.choice([rng.choice(WORDS), [rng.choice(WORDS) for _ in range(4)]]) for k in keys}
            return [entry() for _ in range(4)] if "list" in self.kinds[name] and rng.random() < 0.5 else entry()
        if "index" in self.kinds[name]:
            return rng.randint(0, 2)
        if "text" in self.kinds[name]:
            return rng.choice(WORDS)
        if "list" in self.kinds[name]:
            return [rng.choice(WORDS) for _ in range(5)]
        return rng.choice(WORDS + [1, 0])

    def row(self, rng, is_likely):
        keys = sorted({k for ks in self.keys.values() for k in ks})[:8] + rng.sample(NAMES, 2)
        row = {}
        for name in self.names:
            if rng.random() < 0.97:
                row[name] = self.likely(rng, name) if is_likely else value(rng, keys)
        row.setdefault("other", 1)
        return row


def python_render(template, row):
    try:
        return {"text": utils.apply_template(template, row)}
    except Exception as e:  # whatever Python raises counts
        return {"error": f"{type(e).__name__}: {e}"}


def perbit_render(program, cases):
    lines = "".join(json.dumps({"template": t, "doc": d}, ensure_ascii=False) + "\n" for t, d in cases)
    run = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.decode().split("\n")[:-1]]


def compare(cases, expected, got):
    counts, reasons = collections.Counter(), collections.Counter()
    for (template, row), e, g in zip(cases, expected, got, strict=True):
        if "error" in g and "error" in e:
            counts["error in both"] += 1
        elif "error" in g:
            counts["refused"] += 1
            reasons[g["error"][:100]] += 1
        elif g == e:
            counts["equal"] += 1
        else:
            counts["different"] += 1
            if counts["different"] <= 5:
                print(json.dumps({"template": template, "row": row, "python": e, "perbit": g}, ensure_ascii=False))
    return counts, reasons


def report(what, counts, reasons):
    print(f"{what}:", ", ".join(f"{n} {k}" for k, n in sorted(counts.items())))
    for reason, n in reasons.most_common(10):
        print(f"    refused {n}: {reason}")
    return bool(counts["different"] or counts["refused"] > 0.01 * sum(counts.values()))


def main():
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    rng = random.Random(1)
    templates = all_templates()
    cases = []
    for template in templates:
        shape = Shape(jinja2.Environment().parse(template))
        cases += [(template, shape.row(rng, i % 4 != 3)) for i in range(rows)]
    expected = [python_render(t, d) for t, d in cases]
    got = perbit_render(sys.argv[1], cases)
    print(f"lm_eval {lm_eval.__version__}, jinja2 {jinja2.__version__}: {len(templates)} templates")
    return report("task templates", *compare(cases, expected, got))


if __name__ == "__main__":
    sys.exit(main())
