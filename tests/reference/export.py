"""export.py DIR STORE: what perbit exported, as pyarrow, datasets and jsonschema read it, against the store itself."""
import glob
import json
import os
import sqlite3
import sys

import jsonschema
import pyarrow.parquet as pq
import yaml

out, store = sys.argv[1:3]
db = sqlite3.connect(store)
failed = False


def check(name, ok, what=""):
    global failed
    print(("ok - " if ok else "not ok - ") + name + (f" ({what})" if what and not ok else ""))
    failed |= not ok


def same(a, b):
    """The same value: numbers to the last bit, a missing one None."""
    return a == b or (a is None and b is None)


def rows(table, skip=("data",)):
    return [{k: v for k, v in r.items() if k not in skip} for r in table.to_pylist()]


# Parquet tables against the JSON of the same frames
tables = {os.path.basename(f)[:-8]: pq.read_table(f) for f in glob.glob(f"{out}/tables/*.parquet")}
check("six tables", sorted(tables) == ["cells", "levels", "speed", "tasks", "text", "verdicts"], sorted(tables))
results = [json.load(open(f)) for f in sorted(glob.glob(f"{out}/results/*/*.json"))]
for name, key in (("levels", "summary"), ("text", "text"), ("tasks", "tasks"), ("speed", "speed"), ("cells", "cells")):
    table = tables[name]
    check(f"{name}: a first column that says SYNTHETIC", set(table["data"].to_pylist()) == {"SYNTHETIC"})
    check(f"{name}: metadata", table.schema.metadata[b"perbit.synthetic"] == b"true" and json.loads(table.schema.metadata[b"perbit.units"]) is not None)
    key_of = lambda r: (r["model"], r["level"])
    want = {}
    for one in results:
        for r in one[key]:
            want.setdefault(key_of(r), []).append({k: v for k, v in r.items() if k != "data"})
    n_bad = 0
    got = {}
    for r in rows(table):
        got.setdefault(key_of(r), []).append(r)
    check(f"{name}: the same (model, level)", set(got) == set(want) and bool(want))
    for k in want:
        for a, b in zip(got.get(k, []), want[k], strict=True):
            n_bad += sum(not same(a[c], b[c]) for c in b)
            n_bad += set(a) != set(b)
    check(f"{name}: every value as in results/", n_bad == 0, f"{n_bad} differ")

# verdicts: of perplexity as in levels, of a task the difference of its means, each within its interval
verdicts = rows(tables["verdicts"])
level_of = {(r["model"], r["level"]): r for r in rows(tables["levels"])}
mean = {(r["model"], r["level"], r["task"], r["metric"]): r["value"] for r in rows(tables["tasks"])}
n_bad = 0
for r in verdicts:
    of = level_of[r["model"], r["level"]]
    if r["measure"] == "perplexity":
        n_bad += (r["loss"], r["lo"], r["hi"]) != (of["loss_pct"], of["loss_lo_pct"], of["loss_hi_pct"])
    if r["measure"] == "sum8k":
        want = 100 * (mean[r["model"], "BF16", "sum8k", "exact_match"] - mean[r["model"], r["level"], "sum8k", "exact_match"])
        n_bad += abs(r["loss"] - want) > 1e-9
    n_bad += not r["lo"] <= r["loss"] <= r["hi"] or r["verdict"] not in ("same", "worse", "better", "undecided") or r["margin"] != 1
check(f"{len(verdicts)} verdicts", len(verdicts) == 24 and n_bad == 0, f"{len(verdicts)}, {n_bad} bad")

# items and answers against SQL
items = [r for f in sorted(glob.glob(f"{out}/items/*/*.parquet")) for r in rows(pq.read_table(f))]
answers = [r for f in sorted(glob.glob(f"{out}/answers/*/*.parquet")) for r in rows(pq.read_table(f))]
where = "FROM {} t JOIN cell c ON c.id = t.cell_id WHERE c.status = 'done' AND c.kind = 'task'"
scores = {(k, m, s, i): v for k, m, s, i, v in db.execute(
    "SELECT c.key, t.metric, t.slot, t.idx, t.value " + where.format("measure") + " AND t.metric IN ('acc', 'acc_norm', 'exact_match')")}
filters = {None: 0, "strict-match": 0, "flexible-extract": 1}
got = {(r["cell"], r["metric"], filters[r["filter"]], r["doc"]): r["score"] for r in items}
check("items: every score of the store", got == scores and len(items) == len(scores) > 0, f"{len(got)} of {len(scores)}")
import struct
series = {(k, i): list(struct.unpack(f"<{n}d", v)) for k, i, n, v in db.execute(
    "SELECT c.key, t.idx, t.n, t.vals " + where.format("series") + " AND t.metric = 'logprob'")}
got = {(r["cell"], r["doc"]): r["logprobs"] for r in answers if r["logprobs"] is not None}
check("answers: every log-probability", got == series and len(got) > 0, f"{len(got)} of {len(series)}")
texts = {(k, i, s): (t, n, th, w) for k, i, s, t, n, th, w in db.execute(
    "SELECT c.key, t.idx, t.slot, t.text, t.n_tokens, t.n_think_tokens, t.why " + where.format("generated"))}
got = {(r["cell"], r["doc"], r["repeat"]): (r["text"], r["n_tokens"], r["n_think_tokens"], r["why"]) for r in answers if r["text"] is not None}
check("answers: every text", got == texts and len(got) > 0, f"{len(got)} of {len(texts)}")
check("answers: the rest is null", all((r["logprobs"] is None) != (r["text"] is None) for r in answers))
cells = set(tables["cells"]["key"].to_pylist())
check("items and answers name cells that are there", {r["cell"] for r in items + answers} <= cells)

# the card, as the Hub reads it
card = open(f"{out}/README.md", encoding="utf-8").read()
_, head, body = card.split("---\n", 2)
head = yaml.safe_load(head)
check("card: license, tags, size", head["license"] == "cc-by-4.0" and "synthetic" in head["tags"] and head["size_categories"] == ["10K<n<100K"], head)
check("card: configs name files that are there", [c["config_name"] for c in head["configs"]] ==
      ["levels", "tasks", "text", "speed", "verdicts", "cells", "items", "answers"] and all(glob.glob(f"{out}/{c['data_files']}") for c in head["configs"]))
n = sum(pq.read_metadata(f).num_rows for f in glob.glob(f"{out}/**/*.parquet", recursive=True))
check("card: says synthetic, and how many rows", "SYNTHETIC DATA" in body and 10_000 <= n < 100_000, n)
import datasets
for c in head["configs"]:
    d = datasets.load_dataset(out, c["config_name"], split="train", cache_dir="cache")
    want = sum(pq.read_metadata(f).num_rows for f in glob.glob(f"{out}/{c['data_files']}"))
    check(f"datasets reads {c['config_name']}", len(d) == want)

# records of Every Eval Ever
schema = json.load(open(os.path.join(os.path.dirname(__file__), "every_eval_ever", "eval.schema.json")))
validator = jsonschema.Draft7Validator(schema)
records = sorted(glob.glob(f"{out}/every_eval_ever/data/*/*/*/*.json"))
errors = [f"{os.path.basename(f)}: {e.json_path}: {e.message}" for f in records for e in validator.iter_errors(json.load(open(f)))]
check(f"{len(records)} records follow the schema", len(records) == 8 and not errors, errors[:3])
broken = json.load(open(records[0]))
del broken["model_info"]["additional_details"]["deployment_type"]
check("the schema refuses a record that lacks something", not validator.is_valid(broken))
for f in records:
    j = json.load(open(f))
    developer, model = j["model_info"]["id"].split("/")
    ok = f.split("/")[-3:-1] == [developer, model] and j["evaluation_results"] and float(j["retrieved_timestamp"]) > 1.7e9
    if not ok:
        check(f"path of {f}", False)
sys.exit(failed)
