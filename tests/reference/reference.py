"""What the comparison scripts share: the C program, NLTK's data, a pass or a list of differences.

Environment: PERBIT_BUILD (score_lines), PERBIT_SHARED (data sets, the Punkt model). Run by compare.sh.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

SHARED = os.environ["PERBIT_SHARED"]
SCORE_LINES = os.path.join(os.environ["PERBIT_BUILD"], "tests", "score_lines")


def use_nltk_data():
    """A copy of the Punkt model where NLTK looks for it: it refuses links to elsewhere."""
    folder = tempfile.mkdtemp(prefix="perbit-nltk-")
    shutil.copytree(os.path.join(SHARED, "data/nltk_punkt_tab/english"),
                    os.path.join(folder, "tokenizers/punkt_tab/english"))
    os.environ["NLTK_DATA"] = folder
    return folder


def rows(*path):
    with open(os.path.join(SHARED, "data", *path), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def score(lines):
    """One answer of score_lines a line."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    run = subprocess.run([SCORE_LINES], input=text, capture_output=True, text=True, encoding="utf-8")
    if run.returncode:
        sys.exit(run.stderr[-1000:])
    out = [json.loads(line) for line in run.stdout.split("\n")[:-1]]
    assert len(out) == len(lines), (len(out), len(lines))
    return out


def compare(what, inputs, expected, found, show=5):
    """Prints the count, and the first differences; returns how many there are."""
    different = [(i, e, f) for i, e, f in zip(inputs, expected, found) if e != f]
    print("%s: %d compared, %d different" % (what, len(expected), len(different)))
    for i, e, f in different[:show]:
        print("  input %s\n    lm-eval %s\n    perbit  %s" % (repr(i)[:600], repr(e)[:300], repr(f)[:300]))
    return len(different)
