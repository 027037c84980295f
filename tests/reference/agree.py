#!/usr/bin/env python3
"""agree.py: lm-evaluation-harness and perbit make requests of the same rows; every one must be the same text.

  PERBIT_PYTHON=/path/to/python with lm_eval;  $PERBIT_PYTHON tests/reference/agree.py --requests build/release/tests/requests
      [--per_folder N] [--max N] [--num_fewshot N] [--seed N] [--all_kinds] [--only a,b] [--keep DIR]

It takes tasks of lm-evaluation-harness that are YAML alone (no Python), looks at their templates, makes random rows that
fit them, and lets both sides ask: lm_eval's own Task classes with datasets.load_dataset replaced, and perbit with
--include_path on lm_eval's task folder. Answers made up from the requests' digests are scored by both, too. A task that lm_eval itself cannot build from any of the rows tried is left out.
Prints a line for each task that differs, the reasons of refusals, and the counts; exit status 1 if any differs.
"""
import argparse
import collections
import contextlib
import hashlib
import io
import json
import logging
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("LMEVAL_LOG_LEVEL", "CRITICAL")
logging.disable(logging.CRITICAL)

import chats  # noqa: E402
import datasets  # noqa: E402
import jinja2  # noqa: E402
from jinja2 import nodes  # noqa: E402

datasets.disable_progress_bars()

SAME_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper", "capitalize", "title"}
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
        self.number = None  # it is computed with: from this number on

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
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in SAME_METHODS:
            return self.shape(node.node.node)
        if isinstance(node, nodes.Filter) and node.name in ("string", "int", "trim", "lower", "upper") and node.node:
            return self.shape(node.node)
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
        if isinstance(node, (nodes.Sub, nodes.Add)) and isinstance(node.right, nodes.Const) and isinstance(node.right.value, int):
            base = self.shape(node.left)
            if base is not None:
                base.number = node.right.value if isinstance(node, nodes.Sub) else 0
        if isinstance(node, nodes.Slice):
            for end in (node.start, node.stop):
                base = self.shape(end) if end is not None else None
                if base is not None:
                    base.number = 1
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
        elif shape.number is not None:
            v = shape.number + self.rng.randrange(2)
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


def n_choices(choice, reader):
    """How many choices there are, where the task file says so."""
    if isinstance(choice, (list, dict)):
        return len(choice)
    with contextlib.suppress(Exception):
        body = reader.env.parse(choice).body
        if len(body) == 1 and len(body[0].nodes) == 1 and isinstance(body[0].nodes[0], nodes.List):
            return len(body[0].nodes[0].items)
        if choice.startswith("["):
            return choice.count("{{") or 4
    return 4


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
    elif isinstance(choice, str):
        with contextlib.suppress(Exception):
            body = reader.env.parse(choice).body
            if len(body) == 1 and len(body[0].nodes) == 1:
                reader.scope = {}
                reader.shape(body[0].nodes[0]).items()
    if isinstance(target, str) and target in columns:
        t = root.key(target)
        if not (t.constants or t.member_of):
            t.index_into = n_choices(choice, reader)
            if isinstance(choice, str) and choice in columns:
                t.index_into = root.key(choice)
        if variant.get("target_text"):
            t.index_into = t.member_of = None
            t.constants = list(choice) if isinstance(choice, list) else t.constants or ["A", "B"]
    for key, s in root.keys.items():
        if isinstance(target, str) and "{{" in target and not variant.get("plain"):
            if target.strip("{} ") == key and not (s.constants or s.member_of or s.keys or s.item):
                s.index_into = s.index_into or n_choices(choice, reader)
    maker = Maker(rng, variant)
    rows = []
    for _ in range(n):
        n_items, made = 4, {}
        rows.append({k: maker.value(s, n_items, made) for k, s in root.keys.items()})
    return [r or {"unused": "x"} for r in rows]


def with_python(rng):
    """Rows for the tasks whose Python is C in perbit: name -> a function that makes one."""
    t = Maker(rng, {}).text

    def truthfulqa():
        return {"question": " " + t(), "mc1_targets": {"choices": [t() for _ in range(3)], "labels": [1, 0, 0]},
                "mc2_targets": {"choices": [t() for _ in range(4)], "labels": [1, 1, 0, rng.randrange(2)]}}

    return {
        "winogrande": lambda: {"sentence": t().replace("_", "-") + " _ " + t() + " _x ", "option1": t(), "option2": t(),
                               "answer": rng.choice("12")},
        "hellaswag": lambda: {"activity_label": t(), "ctx_a": t() + " [title] " + t(), "ctx_b": t() + " ǆ[a\nb] [c]",
                              "endings": [t() + "  [x] " + t() for _ in range(4)], "label": rng.choice("0123")},
        "truthfulqa_mc1": truthfulqa,
        "truthfulqa_mc2": truthfulqa,
    }


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
        task.build_all_requests(rank=0, world_size=1, system_instruction=a.system_instruction,
                                apply_chat_template=bool(a.chat), chat_template=a.chat,
                                fewshot_as_multiturn=bool(a.chat) and not a.single_turn)
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
    return out, score(task, out) if task.OUTPUT_TYPE != "generate_until" else None


def answer(request):
    """A made-up answer, the same on both sides (make_answer in requests.c)."""
    h = hashlib.sha256((request[0] + "\0" + request[1]).encode()).hexdigest()
    return -(int(h[:4], 16) % 12) / 4 - 0.25, int(h[4], 16) % 2 == 1


def score(task, requests):
    """lm_eval's own measures of them: by document, and over all of them [value, stderr or None]."""
    from lm_eval.api.metrics import mean, mean_stderr

    docs = {}
    for i in task.instances:
        docs.setdefault(i.doc_id, []).append(i)
    columns, items = collections.defaultdict(list), {}
    for doc_id, instances in docs.items():
        results = [answer(requests[i.doc_id, i.idx]) for i in instances]
        items[doc_id] = task.process_results(instances[0].doc, results)
        for k, v in items[doc_id].items():
            columns[k].append(v)
    totals = {}
    for k, column in columns.items():
        aggregate = task.aggregation()[k]
        totals[k] = [float(aggregate(column)), mean_stderr(column) if aggregate is mean else None]
    return {d: {k: float(v) for k, v in m.items() if not isinstance(v, tuple)} for d, m in items.items()}, totals


def compare_scores(ours, theirs):
    """None, or what differs first. What is one number an item must be equal, sums but for the last bits."""
    for doc_id, metrics in theirs[0].items():
        for k, v in metrics.items():
            if ours[doc_id][k] != v:
                return f"doc {doc_id}: {k} is {ours[doc_id][k]}, lm_eval's {v}"
    for k, (value, se) in theirs[1].items():
        x, x_se = ours["totals"][k]
        if not math.isclose(x, value, rel_tol=1e-12, abs_tol=1e-12):
            return f"{k} of all: {x}, lm_eval's {value}"
        if se is not None and not math.isclose(x_se, se, rel_tol=1e-12, abs_tol=1e-12):
            return f"stderr of {k}: {x_se}, lm_eval's {se}"
    return None


def chat_of(a):
    """What HFLM.apply_chat_template does, without a model: a template that raises is tried without the system message."""
    env = chats.environment()
    env.globals["strftime_now"] = lambda f: time.strftime(f, time.gmtime(0))  # the day of the requests program
    template = env.from_string(Path(a.chat_template).read_text(encoding="utf-8"))

    def to_the_end_of(last, text):
        """continue_final_message of transformers"""
        at = text.rindex(last.strip())
        return text[: at + len(last if text[at: at + len(last.lstrip())] == last else last.strip())]

    def render(history, add_generation_prompt=True):
        def once(messages):
            text = template.render(messages=messages, tools=None, documents=None, bos_token=a.bos, eos_token=a.eos,
                                   add_generation_prompt=add_generation_prompt)
            return text if add_generation_prompt else to_the_end_of(messages[-1]["content"], text)
        try:
            return once(history)
        except jinja2.exceptions.TemplateError:
            return once([m for m in history if m["role"] != "system"])
    return render


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
    ap.add_argument("--chat_template", help="a file with a model's chat template")
    ap.add_argument("--bos", default="<s>")
    ap.add_argument("--eos", default="</s>")
    ap.add_argument("--single_turn", action="store_true")
    ap.add_argument("--all_kinds", action="store_true")
    ap.add_argument("--only")
    ap.add_argument("--unfit", action="store_true", help="name the tasks that are left out")
    ap.add_argument("--keep", help="a folder for the rows, kept")
    a = ap.parse_args()
    import lm_eval.tasks

    a.chat = chat_of(a) if a.chat_template else None
    tasks_dir = Path(lm_eval.tasks.__file__).parent
    tm = lm_eval.tasks.TaskManager()
    folder = Path(a.keep or tempfile.mkdtemp())
    theirs, unfit = {}, collections.Counter()
    for name, cfg in choose(tm, tasks_dir, a):
        why = ask_any(theirs, tm, name, cfg, folder, a)
        if why:
            unfit[why.split(":")[0]] += 1
            if a.unfit or a.only:
                print(f"left out {name}: {why}")
    python = {}
    if not a.only:
        makers = with_python(random.Random(5))
        for name, make in makers.items():
            rows = {"validation": [make() for _ in range(20)], "train": [make() for _ in range(30)]}
            python[name] = ask(tm, name, rows, a)
            write_rows(folder / name, rows)
    counts = collections.Counter()
    report(counts, theirs | python, run_perbit(a, folder, list(theirs | python), tasks_dir), a)
    report(counts, python, run_perbit(a, folder, list(python), None), a)
    print(f"left out, lm_eval cannot build them from the rows tried: {sum(unfit.values())} {dict(unfit.most_common(4))}")
    print(f"{counts['equal']} tasks equal ({counts['requests']} requests; {counts['scored']} tasks with measures of made-up "
          f"answers), {counts['refused']} refused with a reason, {counts['different']} different")
    return counts["different"] > 0


def write_rows(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    for split, some in rows.items():
        with open(folder / f"{split}.jsonl", "w", encoding="utf-8") as f:
            f.writelines(json.dumps(x, ensure_ascii=False) + "\n" for x in some)


def ask_any(theirs, tm, name, cfg, folder, a):
    """The first rows that lm_eval can build the task from; None, or why there are none."""
    for v, variant in enumerate(VARIANTS):
        rng = random.Random(f"{name} {v}")
        try:
            rows = {s: make_rows(cfg, rng, variant, 6 if i == 0 else 9) for i, s in enumerate(splits_of(cfg))}
            theirs[name] = ask(tm, name, rows, a)
        except Exception as e:  # noqa: BLE001: whatever a template does with rows that do not fit
            why = f"{type(e).__name__}: {str(e)[:80]}"
            continue
        write_rows(folder / name, rows)
        return None
    return why


def run_perbit(a, folder, names, tasks_dir):
    """What perbit's program says of each task: {"refused": why} or {"requests": ..., "scores": ...}."""
    out = {n: {"requests": {}, "scores": {}} for n in names}
    for at in range(0, len(names), 2000):
        cmd = [a.requests, "--rows", str(folder), "--keep_going", "--score", "--seed", str(a.seed),
               "--tasks", ",".join(names[at: at + 2000])]
        cmd += ["--include_path", str(tasks_dir)] if tasks_dir else []
        cmd += ["--num_fewshot", str(a.num_fewshot)] if a.num_fewshot is not None else []
        cmd += ["--system_instruction", a.system_instruction] if a.system_instruction is not None else []
        if a.chat_template:
            cmd += ["--chat_template", a.chat_template, "--bos", a.bos, "--eos", a.eos] + ["--single_turn"] * a.single_turn
        done = subprocess.run(cmd, capture_output=True)
        if done.returncode:
            sys.exit(done.stderr.decode()[-2000:])
        for line in done.stdout.decode().split("\n"):
            d = json.loads(line) if line else None
            if not d:
                continue
            task = out[d["task"]]
            if "refused" in d:
                task["refused"] = d["refused"]
            elif "scores" in d:
                task["scores"][d["doc_id"]] = d["scores"]
            elif "totals" in d:
                task["scores"]["totals"] = d["totals"]
            else:
                task["requests"][d["doc_id"], d["idx"]] = (d["context"], d["continuation"], d["gold"])
    return out


def report(counts, theirs, ours, a):
    reasons = collections.Counter()
    for name, (requests, scores) in theirs.items():
        own = ours[name]
        if "refused" in own:
            text = own["refused"].split("tasks/")[-1]
            reasons[": ".join(text.split(": ")[1:])[:150] if ": " in text else text] += 1
            counts["refused"] += 1
            if a.only:
                print(f"refused {name}: {own['refused']}")
            continue
        what = compare(own["requests"], requests)
        if not what and scores:
            what = compare_scores(own["scores"], scores)
            counts["scored"] += 1
        counts["different" if what else "equal"] += 1
        counts["requests"] += len(requests)
        if what:
            print(f"DIFFERENT {name}: {what[:600]}")
    for reason, n in reasons.most_common(40):
        print(f"  refused {n}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
