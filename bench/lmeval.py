#!/usr/bin/env python3
"""lm-evaluation-harness 0.4.13 itself, on a GGUF file and local rows: the peer of `perbit eval`.

  lmeval.py --model FILE.gguf --tasks a,b [--num_fewshot N] [--limit N] [--batch_size 8] --out FILE.jsonl

Needs lm_eval[hf] 0.4.13 and gguf; PERBIT_SHARED names the folder that has data/ (rows in the hub's schema) and
tools/lmeval/dump_requests.py, whose reader of these rows takes the place of datasets.load_dataset. Everything else is
lm-eval's own: --model hf with gguf_file=, weights dequantised to float32, on the CPU.
Writes one line a document: task, doc_id, [[log-probability, is greedy], ...], metrics. Prints the wall time of its parts.
"""
import argparse, json, os, sys, time

start = time.time()
ap = argparse.ArgumentParser()
ap.add_argument("--model", required=True)
ap.add_argument("--tasks", required=True)
ap.add_argument("--num_fewshot", type=int)
ap.add_argument("--limit", type=int)
ap.add_argument("--batch_size", type=int, default=8)
ap.add_argument("--out", required=True)
a = ap.parse_args()

shared = os.environ["PERBIT_SHARED"]
os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
sys.path.insert(0, os.path.join(shared, "tools", "lmeval"))
import pathlib  # noqa: E402
import datasets  # noqa: E402
from dump_requests import make_loader  # noqa: E402

datasets.load_dataset = make_loader(pathlib.Path(shared) / "data")
from lm_eval import simple_evaluate  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

imported = time.time()
folder, name = os.path.split(os.path.abspath(a.model))
lm = HFLM(pretrained=folder, gguf_file=name, device="cpu", dtype="float32", batch_size=a.batch_size)
loaded = time.time()
out = simple_evaluate(model=lm, tasks=a.tasks.split(","), num_fewshot=a.num_fewshot, limit=a.limit, bootstrap_iters=0)
done = time.time()
with open(a.out, "w") as f:
    for task, samples in out["samples"].items():
        for s in samples:
            answers = [[float(r[0][0]), bool(r[0][1])] for r in s["resps"]]
            metrics = {m: s[m] for m in s["metrics"]}
            f.write(json.dumps({"task": task, "doc_id": s["doc_id"], "answers": answers, "metrics": metrics}) + "\n")
print(f"lm-eval: {imported - start:.1f} s imports, {loaded - imported:.1f} s loading, {done - loaded:.1f} s evaluation, "
      f"{time.time() - start:.1f} s in all")
