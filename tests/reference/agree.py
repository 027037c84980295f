#!/usr/bin/env python3
"""agree.py: lm-evaluation-harness and perbit make requests of the same rows; every one must be the same text.

  PERBIT_PYTHON=/path/to/python with lm_eval;  $PERBIT_PYTHON tests/reference/agree.py --requests build/release/tests/requests
      [--per_folder N] [--max N] [--num_fewshot N] [--seed N] [--all_kinds] [--only a,b] [--keep DIR]

It takes tasks of lm-evaluation-harness that are YAML alone (no Python), looks at their templates, makes random rows that
fit them, and lets both sides ask: lm_eval's own Task classes with datasets.load_dataset replaced, and perbit with
--include_path on lm_eval's task folder. A task that lm_eval itself cannot build from any of the rows tried is left out.
Prints a line for each task that differs, the reasons of refusals, and the counts; exit status 1 if any differs.
"""
import argparse
import collections
import contextlib
import io
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("LMEVAL_LOG_LEVEL", "CRITICAL")
logging.disable(logging.CRITICAL)

import datasets  # noqa: E402
import jinja2  # noqa: E402
from jinja2 import nodes  # noqa: E402

datasets.disable_progress_bars()

STR_METHODS = {m for m in dir(str) if not m.startswith("_")} - {"index", "count"}
LIST_FILTERS = {"join", "first", "last", "list", "sort", "sum", "unique", "map", "select", "random"}
WORDS = ("the", "river", "Köln", "naïve", "3.5", "it's", '"so"', "«да»", "A&B", "<b>", "back\\slash", "日本語", "x_y",
         "12", "don't", "(maybe)", "e.g.", "tab\there", "ﬁne", "ǅ", "{brace}", "100%", "#1", "🙂", "end.")


class Shape:
    """What a template does with a value: a text unless something else is seen."""

    def __init__(self):
        self.keys = {}  # of a dict
        self.item = None  # of a list
        self.n_min = 0
        self.constants = []  # texts or numbers it is compared with or looked up in
        self.index_into = None  # it numbers the items of a list that is this long, or of a Shape
        self.member_of = None  # it is an item of this Shape
        self.is_text = False

    def key(self, name):
        return self.keys.setdefault(name, Shape())

    def items(self, n=0):
        self.item = self.item or Shape()
        self.n_min = max(self.n_min, n)
        return self.item


class Reader:
    """Walks a template and fills the shapes of its variables."""

    def __init__(self, root):
        self.root = root
        self.scope = {}
        self.env = jinja2.Environment(keep_trailing_newline=True)
        self.env.filters["regex_replace"] = str

    def read(self, text):
        try:
            tree = self.env.parse(text)
        except jinja2.TemplateSyntaxError:
            return
        self.visit(tree)

    def shape(self, node):
        if isinstance(node, nodes.Name):
            if node.name in self.scope:
                return self.scope[node.name]
            return None if node.name in ("range", "loop", "true", "false", "none", "namespace") else self.root.key(node.name)
        if isinstance(node, nodes.Getattr):
            base = self.shape(node.node)
            if base is None or node.attr in STR_METHODS:
                return None
            return base.items() if node.attr in ("index", "count") else base.key(node.attr)
        if isinstance(node, nodes.Getitem):
            base = self.shape(node.node)
            if isinstance(node.arg, nodes.Const) and base is not None:
                i = node.arg.value
                if isinstance(i, str):
                    return base.key(i)
                return base.items(i + 1 if i >= 0 else -i)
            if base is not None and not isinstance(node.arg, nodes.Slice):
                item, number = base.items(), self.shape(node.arg)
                if number is not None:
                    number.index_into = base
                return item
        return None

    def visit(self, node):
        if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            self.visit(node.node)
            self.scope[node.target.name] = self.shape(node.node)
            return
        if isinstance(node, nodes.For):
            over = self.shape(node.iter)
            self.visit(node.iter)
            if isinstance(node.target, nodes.Name):
                self.scope[node.target.name] = over.items() if over is not None else None
            else:
                for n in node.target.iter_child_nodes():
                    self.scope[n.name] = None
            for n in list(node.body) + list(node.else_) + ([node.test] if node.test else []):
                self.visit(n)
            return
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "index" and node.args:
            base, arg = self.shape(node.node.node), self.shape(node.args[0])
            if arg is not None:
                if base is not None:
                    base.items()
                    arg.member_of = base
                elif isinstance(node.node.node, nodes.List):
                    arg.constants += [c.value for c in node.node.node.items if isinstance(c, nodes.Const)]
                elif isinstance(node.node.node, nodes.Const):
                    arg.constants += list(node.node.node.value)
        if isinstance(node, nodes.Compare):
            left = self.shape(node.expr)
            for op in node.ops:
                if left is not None and isinstance(op.expr, nodes.Const) and op.op in ("eq", "ne", "in", "lt", "gt", "lteq", "gteq"):
                    left.constants.append(op.expr.value)
                if left is not None and isinstance(op.expr, (nodes.List, nodes.Tuple)):
                    left.constants += [c.value for c in op.expr.items if isinstance(c, nodes.Const)]
                self.shape(op.expr)
        if isinstance(node, nodes.Getitem):
            arg = self.shape(node.arg) if not isinstance(node.arg, (nodes.Slice, nodes.Const)) else None
            if arg is not None and isinstance(node.node, nodes.List):
                arg.index_into = len(node.node.items)
            elif arg is not None and isinstance(node.node, nodes.Dict):
                arg.constants += [p.key.value for p in node.node.items if isinstance(p.key, nodes.Const)]
        if isinstance(node, nodes.Filter) and node.node is not None:
            base = self.shape(node.node)
            if base is not None and node.name in LIST_FILTERS:
                base.items()
            if base is not None and node.name == "int":
                base.index_into = base.index_into or 4
        self.shape(node)
        for n in node.iter_child_nodes():
            self.visit(n)


class Maker:
    def __init__(self, rng, variant):
        self.rng, self.variant = rng, variant

    def text(self):
        n = self.rng.randint(1, 7)
        s = " ".join(self.rng.choice(WORDS) for _ in range(n))
        s = s if not s.isdigit() else s + " x"
        edge = self.rng.random()
        return s + " " if edge < 0.05 else "  " + s if edge < 0.1 else s + "\n" if edge < 0.13 else s

    def value(self, shape, n_items, made):
        if shape is None:
            return self.text()
        if id(shape) in made:
            return made[id(shape)]
        if shape.keys and not (shape.item and not shape.keys):
            v = {k: self.value(s, n_items, made) for k, s in shape.keys.items()}
        elif shape.item is not None:
            n = max(shape.n_min, n_items)
            v = []
            for _ in range(n):
                v.append(self.value(shape.item, n_items, {}))
        elif shape.member_of is not None:
            base = self.value(shape.member_of, n_items, made)
            v = self.rng.choice(base)
        elif shape.constants:
            v = self.rng.choice(shape.constants)
        elif shape.index_into is not None:
            n = shape.index_into if isinstance(shape.index_into, int) else max(shape.index_into.n_min, n_items)
            v = self.rng.randrange(n)
            v = str(v) if self.variant.get("digits") else v
        else:
            v = self.text()
        made[id(shape)] = v
        return v


def fields_of(cfg):
    few = cfg.get("fewshot_config") or {}
    for holder in (cfg, few):
        for key in ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix"):
            if isinstance(holder.get(key), str):
                yield key, holder[key]


def make_rows(cfg, rng, variant, n):
    root = Shape()
    reader = Reader(root)
    templates = list(fields_of(cfg))
    for _ in range(2):  # a name that one template shows to be a list is one in all
        for _, text in templates:
            reader.scope = {}
            reader.read(text)
    columns = {t.strip() for _, t in templates if t.isidentifier() and t == t.strip() and len(t) < 40}
    choice, target = cfg.get("doc_to_choice"), cfg.get("doc_to_target")
    for name in columns:
        root.key(name)
    if isinstance(choice, str) and choice in columns:
        root.key(choice).items()
    if isinstance(target, str) and target in columns:
        t = root.key(target)
        if not (t.constants or t.member_of):
            t.index_into = len(choice) if isinstance(choice, list) else 4
            if isinstance(choice, str) and choice in columns:
                t.index_into = root.key(choice)
        if variant.get("target_text"):
            t.index_into = t.member_of = None
            t.constants = list(choice) if isinstance(choice, list) else t.constants or ["A", "B"]
    for key, s in root.keys.items():
        if isinstance(target, str) and "{{" in target and not variant.get("plain"):
            if target.strip("{} ") == key and not (s.constants or s.member_of or s.keys or s.item):
                s.index_into = s.index_into or (len(choice) if isinstance(choice, list) else 4)
    maker = Maker(rng, variant)
    rows = []
    for _ in range(n):
        n_items, made = 4, {}
        rows.append({k: maker.value(s, n_items, made) for k, s in root.keys.items()})
    return [r or {"unused": "x"} for r in rows]


VARIANTS = ({}, {"digits": True}, {"target_text": True}, {"plain": True}, {"plain": True, "digits": True})


def is_pure(value, tasks_dir):
    """No !function anywhere: unresolved, those are texts that begin with a folder of the tasks."""
    if isinstance(value, str):
        return not value.startswith(str(tasks_dir))
    if isinstance(value, dict):
        return all(is_pure(v, tasks_dir) for k, v in value.items() if k != "metadata")
    if isinstance(value, list):
        return all(is_pure(v, tasks_dir) for v in value)
    return True


def splits_of(cfg):
    few = cfg.get("fewshot_config") or {}
    names = [cfg.get(k) for k in ("test_split", "validation_split", "training_split", "fewshot_split")] + [few.get("split")]
    return list(dict.fromkeys(n for n in names if n))


def ask(tm, name, rows, a):
    """The requests of lm_eval, or an exception."""
    data = datasets.DatasetDict({s: datasets.Dataset.from_list(r) for s, r in rows.items()})
    datasets.load_dataset = lambda *args, split=None, **kw: data[split] if split else data
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        task = tm._factory.build(tm.task_index[name], overrides=None, registry=tm.task_index)
        if a.num_fewshot is not None:
            if task.get_config("num_fewshot") != 0:
                task.set_config(key="num_fewshot", value=a.num_fewshot)
        elif task.get_config("num_fewshot") is None:
            task.set_config(key="num_fewshot", value=0)
        task.set_fewshot_seed(seed=a.seed)
        task.build_all_requests(rank=0, world_size=1, system_instruction=a.system_instruction)
    out = {}
    for i in task.instances:
        cont = i.args[1] if i.request_type == "loglikelihood" else None
        if not isinstance(i.args[0], str) or not (cont is None or isinstance(cont, str)):
            raise TypeError("a request that is no text")
        if task.OUTPUT_TYPE == "multiple_choice":
            gold = task.doc_to_text(i.doc) if task.multiple_input else task.doc_to_target(i.doc)
            choices = task.doc_to_choice(i.doc)
            golds = gold if isinstance(gold, list) else [gold]
            if not all(isinstance(g, (int, str)) for g in golds) or not all(isinstance(c, str) for c in choices):
                raise TypeError("gold")
            golds = [choices.index(g) if isinstance(g, str) else int(g) for g in golds]
            if not all(0 <= g < len(choices) for g in golds):
                raise IndexError("gold")
        else:
            golds = []
        out[i.doc_id, i.idx] = (i.args[0], cont, golds)
    return out


def choose(tm, tasks_dir, a):
    kinds = ("multiple_choice", "loglikelihood", "generate_until") if a.all_kinds else ("multiple_choice", "loglikelihood")
    if a.only:
        return [(n, tm.task_index[n].cfg) for n in a.only.split(",")]
    folders = collections.defaultdict(list)
    for name, entry in sorted(tm.task_index.items()):
        cfg = entry.cfg
        if entry.kind.name != "TASK" or not cfg or cfg.get("output_type", "generate_until") not in kinds:
            continue
        if "!function" in entry.yaml_path.read_text() or not is_pure(cfg, tasks_dir):
            continue
        folders[entry.yaml_path.parent.relative_to(tasks_dir).as_posix()].append((name, cfg))
    rng = random.Random(1)
    chosen = []
    for folder in sorted(folders):
        some = folders[folder]
        chosen += some if len(some) <= a.per_folder else rng.sample(some, a.per_folder)
    rng.shuffle(chosen)
    return chosen[: a.max] if a.max else chosen


def compare(ours, theirs):
    """None, or what differs first."""
    if ours.keys() != theirs.keys():
        return f"{len(ours)} requests, lm_eval has {len(theirs)}"
    for key in theirs:
        for what, x, y in zip(("context", "continuation", "gold"), ours[key], theirs[key]):
            if x != y:
                return f"doc {key[0]}, request {key[1]}: {what}: {x!r} is not lm_eval's {y!r}"
    return None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--requests", required=True)
    ap.add_argument("--per_folder", type=int, default=3)
    ap.add_argument("--max", type=int, default=0)
    ap.add_argument("--num_fewshot", type=int, default=None)
    ap.add_argument("--seed", type=int, default=1234)
    ap.add_argument("--system_instruction", default=None)
    ap.add_argument("--all_kinds", action="store_true")
    ap.add_argument("--only")
    ap.add_argument("--keep", help="a folder for the rows, kept")
    a = ap.parse_args()
    import lm_eval.tasks

    tasks_dir = Path(lm_eval.tasks.__file__).parent
    tm = lm_eval.tasks.TaskManager()
    theirs, unfit, why = {}, 0, collections.Counter()
    folder = Path(a.keep or tempfile.mkdtemp())
    for name, cfg in choose(tm, tasks_dir, a):
        for v, variant in enumerate(VARIANTS):
            rng = random.Random(f"{name} {v}")
            try:
                rows = {s: make_rows(cfg, rng, variant, 6 if i == 0 else 9) for i, s in enumerate(splits_of(cfg))}
                # what the data set of a split gives is what is written: columns alike, in all rows
                theirs[name] = ask(tm, name, rows, a)
            except BaseException as e:  # noqa: BLE001
                if isinstance(e, KeyboardInterrupt):
                    raise
                if a.only:
                    print(name, variant, type(e).__name__, str(e)[:300], file=sys.stderr)
                last = type(e).__name__
                continue
            (folder / name).mkdir(parents=True, exist_ok=True)
            for s, r in rows.items():
                with open(folder / name / f"{s}.jsonl", "w", encoding="utf-8") as f:
                    f.writelines(json.dumps(x, ensure_ascii=False) + "\n" for x in r)
            break
        else:
            unfit += 1
            why[last] += 1
    names = folder / "names"
    ours, refused = collections.defaultdict(dict), {}
    todo = list(theirs)
    for at in range(0, len(todo), 2000):
        cmd = [a.requests, "--rows", str(folder), "--include_path", str(tasks_dir), "--keep_going", "--seed", str(a.seed),
               "--tasks", ",".join(todo[at: at + 2000])]
        if a.num_fewshot is not None:
            cmd += ["--num_fewshot", str(a.num_fewshot)]
        if a.system_instruction is not None:
            cmd += ["--system_instruction", a.system_instruction]
        done = subprocess.run(cmd, capture_output=True)
        if done.returncode:
            print(done.stderr.decode()[-2000:])
            return 2
        for line in done.stdout.decode().split("\n"):
            if line:
                d = json.loads(line)
                if "refused" in d:
                    refused[d["task"]] = d["refused"]
                else:
                    ours[d["task"]][d["doc_id"], d["idx"]] = (d["context"], d["continuation"], d["gold"])
    n_equal = n_different = n_requests = 0
    reasons = collections.Counter()
    for name in todo:
        if name in refused:
            text = refused[name].split("tasks/")[-1]
            reasons[": ".join(text.split(": ")[1:])[:150] if ": " in text else text] += 1
            if a.only:
                print(f"refused {name}: {refused[name]}")
            continue
        what = compare(ours[name], theirs[name])
        if what:
            n_different += 1
            print(f"DIFFERENT {name}: {what[:600]}")
        else:
            n_equal += 1
            n_requests += len(theirs[name])
    for reason, n in reasons.most_common(40):
        print(f"  refused {n}: {reason}")
    print(f"left out, lm_eval cannot build them from the rows tried: {unfit} {dict(why.most_common(4))}")
    print(f"{n_equal} tasks equal ({n_requests} requests), {len(refused)} refused with a reason, {n_different} different")
    return n_different > 0


if __name__ == "__main__":
    sys.exit(main())
