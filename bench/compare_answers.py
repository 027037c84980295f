#!/usr/bin/env python3
"""compare_answers.py THEIRS.jsonl STORE: lm-eval's answers (bench/lmeval.py) against perbit's of the same documents.

Prints, a task: documents, mean and largest |difference| of log-probabilities, how many predictions (the most probable
choice) differ, and for each of those how far the two best choices are apart: a difference there is a near-tie.
"""
import json
import sqlite3
import struct
import sys

theirs = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    theirs.setdefault(r["task"], {})[r["doc_id"]] = [a[0] for a in r["answers"]]
db = sqlite3.connect(sys.argv[2])
for task, docs in theirs.items():
    ours = {i: struct.unpack(f"<{n}d", v) for i, n, v in db.execute(
        "SELECT idx, n, vals FROM series JOIN cell ON cell.id = cell_id WHERE metric = 'logprob' AND task LIKE ? || ':%'",
        (task,))}
    deltas, gaps = [], []
    for i, a in docs.items():
        b = ours[i]
        deltas += [abs(x - y) for x, y in zip(a, b)]
        if a.index(max(a)) != b.index(max(b)):
            two = sorted(b, reverse=True)[:2]
            gaps.append(two[0] - two[1])
    print(f"    {task}: {len(docs)} documents, {len(deltas)} log-probabilities, mean |difference| "
          f"{sum(deltas) / len(deltas):.4f}, largest {max(deltas):.4f} nat; {len(gaps)} predictions differ"
          + (f", the best two apart by {', '.join(f'{g:.3f}' for g in gaps)}" if gaps else ""))
