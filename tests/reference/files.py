#!/usr/bin/env python3
"""files.py: perbit eval's results and samples files against those that lm-evaluation-harness writes itself.

  PERBIT=/path/to/perbit PERBIT_SHARED=/folder/with/data  $PERBIT_PYTHON tests/reference/files.py [--limit N] [--only NAMES] [--keep DIR]

perbit asks a fake model, which knows nothing, about real tasks and about some made here, and writes its files. Then
lm-evaluation-harness (0.4.13, the Python that PERBIT_PYTHON names) is run on the same rows, with a model that gives the
answers of perbit's samples. Every key of both, in its order, and every value must be equal, floats to 1e-12; what cannot
be (dates, the model's own name for itself, Python's environment, code of Python functions) is listed in EXCUSED below.
So must the tables that both print (-o md).
Prints what was compared; exit status 1 and a line a difference otherwise.
"""
import argparse
import json
import logging
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("LMEVAL_LOG_LEVEL", "CRITICAL")
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import datasets  # noqa: E402
from langdetect import DetectorFactory  # noqa: E402

datasets.disable_progress_bars()
# Rows are never cached, and some functions of lm-evaluation-harness cannot be hashed.
datasets.fingerprint.Hasher.hash = classmethod(lambda cls, value: os.urandom(8).hex())

# Paths in the results file whose values are not compared: a name, or a pattern of names joined by '/'.
EXCUSED = [
    "date", "pretty_env_info", "transformers_version", "lm_eval_version", "git_hash", "upper_git_hash",
    "total_evaluation_time_seconds",  # when and where
    "model_source", "config/model", "config/device", "config/bootstrap_iters",  # who
    "configs/[^/]*/metadata/config_source",  # which file
    "results/[^/]*/(f1|mcc|perplexity)_stderr,none",  # resampled at random there, not given here
]
# Keys that only one side has.
OURS_ONLY = ["synthetic", "perbit", "config/model_num_parameters", "config/model_dtype", "config/model_revision",
             "config/model_sha"]
THEIRS_ONLY = ["configs/[^/]*/metadata/path",  # model_args, which it copies there
               "configs/[^/]*/doc_to_decontamination_query"]  # built-in task files of perbit have no such key
# Where perbit's own task files are written differently and mean the same: should_decontaminate does nothing without
# n-gram files, and truthfulqa's questions are a text there that a template puts together.
OTHERWISE_WRITTEN = ["configs/[^/]*/should_decontaminate", "configs/truthfulqa_(mc[12]|gen)(/fewshot_config)?/doc_to_text"]

HUB = {"cais/mmlu": "mmlu", "Rowan/hellaswag": "hellaswag", "allenai/ai2_arc": "arc_challenge",
       "truthfulqa/truthful_qa": "truthfulqa_mc", "allenai/winogrande": "winogrande",
       "openai/gsm8k": "gsm8k", "google/IFEval": "ifeval"}


def read_jsonl(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return [json.loads(line) for line in f.read().split("\n") if line.strip()]


def make_loader(root):
    """datasets.load_dataset over a folder of JSON lines."""
    def load_dataset(path=None, name=None, split=None, data_files=None, **_):
        folder = "truthfulqa_gen" if name == "generation" else HUB.get(path)
        files = data_files or {p.stem: p for p in sorted((root / folder).glob("*.jsonl"))}
        rows = {s: read_jsonl(root / f) for s, f in files.items()}
        if path == "cais/mmlu":
            rows = {s: [r for r in rows[s] if r["subject"] == name] for s in rows}
        d = datasets.DatasetDict({s: datasets.Dataset.from_list(r) for s, r in rows.items() if r})
        return d[split] if split else d
    return load_dataset


# ---- data and tasks of our own

WORDS = ["river", "Köln", "naïve", "it's", '"so"', "日本語", "tab\there", "line\nbreak", "back\\slash", "\u2028", "\x01",
         "\x7f", "🙂", "end.", "a  b", "ﬁne"]


def made_rows(rng, n):
    for i in range(n):
        choices = [" ".join(rng.choices(WORDS, k=rng.randint(1, 5))) for _ in range(rng.randint(2, 4))]
        yield {"id": i, "q": " ".join(rng.choices(WORDS, k=7)), "choices": choices, "gold": rng.randrange(len(choices)),
               "golds": sorted(rng.sample(range(len(choices)), rng.randint(1, len(choices) - 1))), "two": rng.randrange(2),
               "nested": {"f": rng.choice([0.5, 1.0, 1e-7, 1e22, -3.25]), "none": None, "list": [], "deep": [{"x": True}]}}


def write_jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps(r, ensure_ascii=False) + "\n")


def with_nulls(rows):
    """IFEval as the hub's table has it: every keyword in every row; JSON lines may leave nulls out."""
    keys = list(dict.fromkeys(k for r in rows for kwargs in r["kwargs"] for k in kwargs))
    return [{**r, "kwargs": [{k: kwargs.get(k) for k in keys} for kwargs in r["kwargs"]]} for r in rows]


TASK_HEAD = """task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: made/test.jsonl, train: made/train.jsonl}}}}
test_split: test
training_split: train
doc_to_text: "{{{{q}}}}\\nAnswer:"
"""
TASKS = {
    "made_choice": """output_type: multiple_choice
doc_to_choice: choices
doc_to_target: gold
num_fewshot: 2
metric_list:
  - {metric: exact_match, higher_is_better: true}
  - {metric: acc_bytes, higher_is_better: true}
  - {metric: acc_norm, higher_is_better: true}
  - {metric: acc, higher_is_better: true}
metadata: {version: "3-beta", note: [1, 2.5, null, yes]}
""",
    "made_many_targets": """task_alias: many
output_type: multiple_choice
doc_to_choice: choices
doc_to_target: golds
description: "A description of {{id}}.\\n"
fewshot_config: {sampler: first_n, doc_to_text: "Q {{q}} A", target_delimiter: " -> "}
metric_list: [{metric: acc}, {metric: exact_match}]
metadata: {version: 2}
""",
    "made_two": """output_type: multiple_choice
doc_to_choice: ["no", "yes"]
doc_to_target: two
metric_list: [{metric: acc}, {metric: mcc}, {metric: f1}]
metadata: {version: 1.5}
""",
    "made_likelihood": """output_type: loglikelihood
doc_to_target: "{{choices[0]}} {{nested.f}}"
metric_list:
  - {metric: perplexity, aggregation: perplexity, higher_is_better: false}
  - {metric: acc, aggregation: mean, higher_is_better: true}
should_decontaminate: true
doc_to_decontamination_query: q
metadata: {version: 0.0}
""",
    "made_written": """output_type: generate_until
doc_to_target: "{{choices[0]}}"
num_fewshot: 1
generation_kwargs: {max_gen_toks: 30, temperature: 0, do_sample: false}
filter_list:
  - {name: letters, filter: [{function: regex, regex_pattern: "[a-z]+"}, {function: take_first}]}
  - {name: low, filter: [{function: lowercase}, {function: remove_whitespace}, {function: take_first}]}
metric_list: [{metric: exact_match, ignore_case: true, ignore_punctuation: true}]
metadata: {version: 1}
""",
    "made_many_written": """output_type: generate_until
doc_to_target: choices
generation_kwargs: {until: ["e", "\n"], max_gen_toks: 9}
metric_list: [{metric: exact_match}]
""",
    "made_free": """output_type: generate_until
doc_to_target: "{{two}}"
""",
    "made_default": """output_type: multiple_choice
doc_to_choice: choices
doc_to_target: gold
""",
}
GROUPS = """group: made
task:
  - made_choice
  - {group: made_inner, task: [made_many_targets, made_two], aggregate_metric_list: [{metric: acc, weight_by_size: false}]}
  - made_likelihood
aggregate_metric_list: [{metric: acc, weight_by_size: true}, {metric: acc_norm, weight_by_size: true}]
metadata: {version: 7}
"""


def make_tasks(data, folder):
    rng = random.Random(5)
    write_jsonl(data / "made/test.jsonl", made_rows(rng, 40))
    write_jsonl(data / "made/train.jsonl", made_rows(rng, 30))
    gap = [{"sentence": f"The {a} did not fit the {b} because _ was too {c}.", "option1": a, "option2": b,
            "answer": str(1 + i % 2)} for i, (a, b, c) in enumerate((x, y, z) for x in ("box", "élan") for y in ("bag", "tür")
                                                                   for z in ("big", "small", "odd"))]
    write_jsonl(data / "winogrande/validation.jsonl", gap)
    write_jsonl(data / "winogrande/train.jsonl", gap[::-1])
    folder.mkdir()
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(TASK_HEAD.format(name=name) + text)
    (folder / "made.yaml").write_text(GROUPS)


# ---- both sides

def run_perbit(work, case, data, folder):
    out = work / case["name"] / "perbit"
    cmd = [os.environ.get("PERBIT", "build/release/perbit"), "eval", "tiny.gguf", "--tasks", case["tasks"], "--data",
           str(data), "--include_path", str(folder), "--output_path", str(out), "--log_samples", "-q", "-o", "md", *case["options"]]
    done = subprocess.run(cmd, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(cmd)}: status {done.returncode}\n{done.stderr}")
    return (*read_files(out), done.stdout)


def read_files(out):
    results, samples = [], {}
    for p in out.rglob("*"):
        if p.name.startswith("results_"):
            results.append((p, json.loads(p.read_text(encoding="utf-8"))))
        m = re.fullmatch(r"samples_(.*)_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}\.jsonl", p.name)
        if m:
            samples[m[1]] = read_jsonl(p)
    if len(results) != 1:
        sys.exit(f"{out}: {len(results)} results files")
    return results[0][0].parent.relative_to(out), results[0][1], samples


CHAT = ("{{ bos_token }}{% for m in messages %}\n    <|{{ m['role'] }}|>\n{{ m['content'] }}{{ eos_token }}\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% endif %}")


def chat_text(messages, add_generation_prompt=True):
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(CHAT)
    return template.render(messages=messages, add_generation_prompt=add_generation_prompt, bos_token="<s>",
                           eos_token="</s>")


def answers_of(samples):
    answers = {}
    for lines in samples.values():
        for line in lines:
            if isinstance(line["arguments"]["gen_args_0"]["arg_1"], dict):  # generation: the text
                args = line["arguments"]["gen_args_0"]
                answers[args["arg_0"], json.dumps(args["arg_1"])] = line["resps"][0][0]
                continue
            for args, resp in zip(line["arguments"].values(), line["filtered_resps"]):
                answers[args["arg_0"], args["arg_1"]] = (float(resp[0]), resp[1] == "True")
    return answers


def run_reference(work, case, folder, samples):
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager
    from lm_eval.utils import make_table

    answers = answers_of(samples)

    class Replay(LM):
        tokenizer_name = "none"

        def chat_template(self, chat_template=False):
            return CHAT

        def apply_chat_template(self, chat_history, add_generation_prompt=True):
            return chat_text(chat_history, add_generation_prompt)

        def loglikelihood(self, requests, **_):
            return [answers[r.args] for r in requests]

        def loglikelihood_rolling(self, requests, **_):
            raise NotImplementedError

        def generate_until(self, requests, **_):
            return [answers[r.args[0], json.dumps(r.args[1])] for r in requests]

    out = work / case["name"] / "reference"
    tracker = EvaluationTracker(output_path=str(out))
    model_args = {"path": "tiny.gguf"}
    results = simple_evaluate(model=Replay(), model_args=model_args, tasks=case["tasks"].split(","), log_samples=True,
                              evaluation_tracker=tracker, bootstrap_iters=1000,
                              task_manager=TaskManager(include_path=str(folder), metadata=model_args), **case["arguments"])
    of_tasks = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=of_tasks)
    for name in results["configs"]:
        tracker.save_results_samples(task_name=name, samples=of_tasks[name])
    tables = make_table(results) + "\n" + (make_table(results, "groups") if "groups" in results else "")
    return (*read_files(out), tables)


def table_cells(text):
    """Cells of all lines of Markdown tables; a number is a number however it is written."""
    def cell(i, c):
        try:
            return float(c)
        except ValueError:
            return c.rstrip() if i == 0 else re.sub(":?-+:?", "-", c.strip())
    lines = [line.strip("\n") for line in text.split("\n") if line.startswith("|")]
    return [[c.strip() for c in line[1:-1].split("|")] if "Version" in line else
            [cell(i, c) for i, c in enumerate(line[1:-1].split("|"))] for line in lines if not line.startswith("|--")]


# ---- comparison

def matches(path, patterns):
    return any(re.fullmatch(p, path) for p in patterns)


def is_code(v):
    return isinstance(v, str) and (v.startswith("def ") or v.startswith("<function "))


class Comparison:
    def __init__(self):
        self.n_values = self.n_keys = self.n_lines = 0
        self.differences = []

    def differ(self, where, ours, theirs):
        self.differences.append(f"{where}: perbit {str(ours)[:200]!r}, lm-eval {str(theirs)[:200]!r}")

    def mapping(self, where, path, ours, theirs):
        own = [k for k in ours if not matches(f"{path}{k}", OURS_ONLY)]
        other = [k for k in theirs if k in ours or not matches(f"{path}{k}", THEIRS_ONLY)]
        self.n_keys += len(own)
        if own != other:
            self.differ(f"{where}{path} keys", own, other)
        for k in own:
            if k in theirs:
                self.value(where, f"{path}{k}", ours[k], theirs[k])

    def value(self, where, path, ours, theirs):
        if matches(path, EXCUSED) or matches(path, OTHERWISE_WRITTEN):
            return
        if isinstance(ours, dict) and isinstance(theirs, dict):
            self.mapping(where, path + "/", ours, theirs)
            return
        if isinstance(ours, list) and isinstance(theirs, list):
            if len(ours) != len(theirs):
                self.differ(f"{where}{path} length", len(ours), len(theirs))
            for i, (a, b) in enumerate(zip(ours, theirs)):
                self.value(where, f"{path}/{i}", a, b)
            return
        self.n_values += 1
        if isinstance(ours, float) and isinstance(theirs, float):
            same = ours == theirs or math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12) or (
                math.isnan(ours) and math.isnan(theirs))
        elif is_code(theirs):
            same = str(ours).startswith("!function ")
        else:
            same = type(ours) is type(theirs) and ours == theirs
        if not same:
            self.differ(f"{where}{path}", ours, theirs)

    def tables(self, ours, theirs):
        ours, theirs = table_cells(ours), table_cells(theirs)
        if len(ours) != len(theirs):
            self.differ("lines of tables", len(ours), len(theirs))
        for a, b in zip(ours, theirs):
            for x, y in zip(a, b):
                self.n_values += 1
                same = x == y or (isinstance(x, float) and isinstance(y, float) and
                                  math.isclose(x, y, rel_tol=1e-12, abs_tol=5.1e-5))
                if not same and not (a[4] in ("f1", "mcc", "perplexity") and x == "N/A"):
                    self.differ("table", a, b)

    def samples(self, where, ours, theirs):
        if sorted(ours) != sorted(theirs):
            self.differ(f"{where}samples files", sorted(ours), sorted(theirs))
        for task in ours.keys() & theirs.keys():
            if len(ours[task]) != len(theirs[task]):
                self.differ(f"{where}{task} lines", len(ours[task]), len(theirs[task]))
            for a, b in zip(ours[task], theirs[task]):
                if a.pop("synthetic", None) is not True:
                    self.differ(f"{where}{task}", "no synthetic mark", True)
                self.n_lines += 1
                self.mapping(f"{where}samples {task} {a['doc_id']}: ", "", a, b)


def compare_folders(c, work, case, samples):
    """perbit compare reads both folders: every document is there, and none flipped."""
    out = work / case["name"]
    cmd = [os.environ.get("PERBIT", "build/release/perbit"), "compare", str(out / "perbit"), str(out / "reference"), "-o", "json"]
    done = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        c.differ("perbit compare", done.stderr, "")
        return
    rows = [r for r in json.loads(done.stdout) if r["task"] != "composite"]
    c.value("perbit compare ", "documents", sum(r["n"] for r in rows), sum(len({x["doc_id"] for x in lines}) for lines in samples.values()))
    for r in rows:
        for key in "difference", "lost", "gained", "changed":
            c.n_values += 1
            if r.get(key) is not None and abs(r[key]) > 1e-12:
                c.differ(f"perbit compare {r['task']} {key}", r[key], 0)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--limit", type=float, default=20.0)
    ap.add_argument("--keep", type=Path)
    ap.add_argument("--only", default="", help="names of runs, with commas")
    a = ap.parse_args()
    shared = Path(os.environ["PERBIT_SHARED"]) / "data"
    scratch = tempfile.TemporaryDirectory()
    work = (a.keep or Path(scratch.name)).resolve()
    data, folder = work / "data", work / "tasks"
    data.mkdir(parents=True)
    for p in shared.iterdir():
        if p.is_dir() and p.name != "ifeval":
            (data / p.name).symlink_to(p)
    write_jsonl(data / "ifeval/train.jsonl", with_nulls(read_jsonl(shared / "ifeval/train.jsonl")))
    make_tasks(data, folder)
    shutil.copytree(shared / "nltk_punkt_tab/english", work / "nltk/tokenizers/punkt_tab/english")  # links are refused
    os.environ["NLTK_DATA"] = str(work / "nltk")
    DetectorFactory.seed = 0
    (work / "tiny.gguf").write_text(json.dumps({
        "perbit_fake_model": 1, "name": "tiny", "seed": 7, "n_vocab": 300, "add_bos": False, "level": "BF16", "noise": 0.0,
        "n_params": 1000000, "n_ctx_train": 4096, "bpw": 16.0, "chat_template": CHAT}))
    datasets.load_dataset = make_loader(data)
    n = str(a.limit)
    cases = [
        {"name": "builtin", "tasks": "arc_challenge,hellaswag,truthfulqa_mc1,truthfulqa_mc2,winogrande",
         "options": ["--limit", n], "arguments": {"limit": a.limit}},
        {"name": "shots", "tasks": "arc_challenge", "options": ["--limit", n, "--num_fewshot", "25"],
         "arguments": {"limit": a.limit, "num_fewshot": 25}},
        {"name": "mmlu", "tasks": "mmlu", "options": ["--limit", "2", "--num_fewshot", "5"],
         "arguments": {"limit": 2.0, "num_fewshot": 5}},
        {"name": "made", "tasks": "made,made_default,mmlu_anatomy",
         "options": ["--seed", "3,4,5,6", "--system_instruction", "Be brief.", "--limit", "0.5"],
         "arguments": {"limit": 0.5, "system_instruction": "Be brief.", "random_seed": 3, "numpy_random_seed": 4,
                       "torch_random_seed": 5, "fewshot_random_seed": 6}},
        {"name": "chat", "tasks": "made_choice,made_two,made_likelihood,mmlu_anatomy,arc_challenge",
         "options": ["--apply_chat_template", "--num_fewshot", "2", "--limit", "4"],
         "arguments": {"limit": 4.0, "num_fewshot": 2, "apply_chat_template": True}},
        {"name": "single_turn", "tasks": "made_choice,mmlu_anatomy",
         "options": ["--apply_chat_template", "--no-fewshot_as_multiturn", "--num_fewshot", "3", "--limit", "4",
                     "--system_instruction", "Be brief."],
         "arguments": {"limit": 4.0, "num_fewshot": 3, "apply_chat_template": True, "fewshot_as_multiturn": False,
                       "system_instruction": "Be brief."}},
        {"name": "generation", "tasks": "gsm8k,ifeval,truthfulqa_gen,made_written,made_many_written,made_free",
         "options": ["--limit", n, "--max_gen_toks", "40"],
         "arguments": {"limit": a.limit, "gen_kwargs": {"max_gen_toks": 40}}},
        {"name": "gen_kwargs", "tasks": "made_written,made_free,made_choice", "options": ["--limit", "3", "--apply_chat_template",
         "--gen_kwargs", 'max_gen_toks=12,temperature=0,until="a"'],
         "arguments": {"limit": 3.0, "apply_chat_template": True,
                       "gen_kwargs": 'max_gen_toks=12,temperature=0,until="a"'}},
        {"name": "one", "tasks": "made", "options": ["--limit", "1"], "arguments": {"limit": 1.0}},
    ]
    bad = 0
    for case in cases:
        if a.only and case["name"] not in a.only.split(","):
            continue
        c = Comparison()
        where, ours, our_samples, our_tables = run_perbit(work, case, data, folder)
        their_where, theirs, their_samples, their_tables = run_reference(work, case, folder, our_samples)
        c.value("", "folder", str(where), str(their_where))
        c.mapping("", "", ours, theirs)
        c.samples("", our_samples, their_samples)
        c.tables(our_tables, their_tables)
        compare_folders(c, work, case, our_samples)
        if ours.get("synthetic") is not True:
            c.differ("synthetic", ours.get("synthetic"), True)
        print(f"{case['name']}: {len(our_samples)} tasks, {c.n_lines} documents, {c.n_keys} keys, {c.n_values} values, "
              f"{len(c.differences)} differences", flush=True)
        for d in c.differences[:20]:
            print(f"  {d}")
        bad += len(c.differences)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
