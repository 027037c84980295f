"""hub_data.py ROWS HUB: rows of ROWS/NAME/SPLIT.jsonl as Parquet in the layouts of the hub's repositories, under HUB."""
import json
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS, HUB = Path(sys.argv[1]), Path(sys.argv[2]) / "datasets"
TEXT, TEXTS = pa.string(), pa.list_(pa.string())
MC = pa.struct([("choices", TEXTS), ("labels", pa.list_(pa.int32()))])


def rows(name, split):
    return [json.loads(line) for line in open(ROWS / name / f"{split}.jsonl", encoding="utf-8")]


def write(repo, config, split, table, n_shards=1):
    folder = HUB / repo / config
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n_shards):
        part = table.slice(len(table) * i // n_shards, len(table) * (i + 1) // n_shards - len(table) * i // n_shards)
        pq.write_table(part, folder / f"{split}-{i:05d}-of-{n_shards:05d}.parquet")


def card(repo, configs):
    """configs: {name: (folder, [splits])}"""
    lines = ["---", "language:", "- en", "configs:"]
    for name, (folder, splits) in configs.items():
        lines += [f"- config_name: {name}", "  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {folder}/{split}-*"]
    (HUB / repo / "README.md").write_text("\n".join(lines + ["---", "# Card", ""]))


# cais/mmlu: a folder a subject, and all of them
schema = pa.schema([("question", TEXT), ("subject", TEXT), ("choices", TEXTS), ("answer", pa.int64())])
subjects = {}
for split in ("test", "validation", "dev"):
    by = {}
    for row in rows("mmlu", split):
        by.setdefault(row["subject"], []).append(row)
    for subject, part in by.items():
        subjects.setdefault(subject, []).append(split)
        write("cais/mmlu", subject, split, pa.Table.from_pylist(part, schema=schema))
    write("cais/mmlu", "all", split, pa.Table.from_pylist([r for part in by.values() for r in part], schema=schema))
write("cais/mmlu", "all", "auxiliary_train", pa.Table.from_pylist(rows("mmlu", "dev"), schema=schema))
splits = ["test", "validation", "dev"]
card("cais/mmlu", {**{s: (s, splits) for s in subjects}, "all": ("all", ["auxiliary_train", *splits])})

# Rowan/hellaswag: data/, one configuration
schema = pa.schema([("ind", pa.int32()), *((k, TEXT) for k in ("activity_label", "ctx_a", "ctx_b", "ctx")), ("endings", TEXTS),
                    *((k, TEXT) for k in ("source_id", "split", "split_type", "label"))])
for split, n in (("train", 2), ("validation", 1)):
    write("Rowan/hellaswag", "data", split, pa.Table.from_pylist(rows("hellaswag", split), schema=schema), n)
card("Rowan/hellaswag", {"default": ("data", ["train", "validation"])})

# allenai/ai2_arc
schema = pa.schema([("id", TEXT), ("question", TEXT), ("choices", pa.struct([("text", TEXTS), ("label", TEXTS)])), ("answerKey", TEXT)])
for split in ("train", "test", "validation"):
    write("allenai/ai2_arc", "ARC-Challenge", split, pa.Table.from_pylist(rows("arc_challenge", split), schema=schema))
card("allenai/ai2_arc", {c: (c, ["train", "test", "validation"]) for c in ("ARC-Challenge", "ARC-Easy")})

# truthfulqa/truthful_qa
write("truthfulqa/truthful_qa", "multiple_choice", "validation", pa.Table.from_pylist(
    rows("truthfulqa_mc", "validation"), schema=pa.schema([("question", TEXT), ("mc1_targets", MC), ("mc2_targets", MC)])))
write("truthfulqa/truthful_qa", "generation", "validation", pa.Table.from_pylist(rows("truthfulqa_gen", "validation")))
card("truthfulqa/truthful_qa", {c: (c, ["validation"]) for c in ("generation", "multiple_choice")})

# openai/gsm8k
for split in ("train", "test"):
    write("openai/gsm8k", "main", split, pa.Table.from_pylist(rows("gsm8k", split), schema=pa.schema([("question", TEXT), ("answer", TEXT)])))
card("openai/gsm8k", {c: (c, ["train", "test"]) for c in ("main", "socratic")})

# google/IFEval: one JSONL file whose name says no split, a card without configurations
(HUB / "google/IFEval").mkdir(parents=True)
shutil.copyfile(ROWS / "ifeval/train.jsonl", HUB / "google/IFEval/ifeval_input_data.jsonl")
(HUB / "google/IFEval/README.md").write_text("---\nlicense: apache-2.0\n---\n# IFEval\n")
