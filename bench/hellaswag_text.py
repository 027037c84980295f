#!/usr/bin/env python3
"""hellaswag_text.py VALIDATION.jsonl N: the first N documents in llama-perplexity's format: six lines each (context, right
ending's number, four endings), texts cleaned as lm-evaluation-harness cleans them."""
import json
import re
import sys


def clean(text):
    text = text.strip().replace(" [title]", ". ")
    return re.sub("\\[.*?\\]", "", text).replace("  ", " ").replace("\n", " ")


for i, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    if i == int(sys.argv[2]):
        break
    d = json.loads(line)
    print(clean(d["activity_label"] + ": " + d["ctx_a"] + " " + d["ctx_b"].capitalize()))
    print(int(d["label"]))
    for ending in d["endings"]:
        print(clean(ending))
