"""Sentences and words of WikiText-2, of awkward sentences and of random ones, against NLTK."""
import itertools
import random
import sys

import answers
import reference

reference.use_nltk_data()

import nltk  # noqa: E402

WORD_LINES = 1200  # lines of WikiText-2 for word_tokenize, which is slow in Python
N_MIXED = 3000
ENDS = [".", "!", "?", "...", "?!", ". . .", ".\"", ".)", ".’", ".”", ".»", ".*", ".'", ";", ".--", "!)\"", "..", ".]"]
BEFORE = ["Dr", "U.S", "e.g", "J", "No. 5", "5", "3.14", "the cat", "Inc", "p.m", "x-Dr", "-1,000", "É", "et al", "ß", "Mt", "A.B.C", "(see p"]
AFTER = ["The", "the", "He", "less", "LESS", "5", "Bach", "“Yes", "\"No", "(x", "É", "é", "Most", "and", "--", "*", "rj", "commodities", "I", ""]


def awkward():
    """At least 500 short texts around an end of a sentence."""
    for before, end, after in itertools.product(BEFORE, ENDS, AFTER):
        yield "Here is %s%s %s is more. Ends so" % (before, end, after)


def wikitext():
    with open(reference.SHARED + "/data/wikitext2/wiki.test.raw", encoding="utf-8") as f:
        return f.read()


def check(what, op, expect, texts):
    found = reference.score([{"op": op, "text": t} for t in texts])
    return reference.compare("%s of %s" % (op, what), texts, [expect(t) for t in texts], found)


def main():
    raw = wikitext()
    lines = [line for line in raw.split("\n") if line.strip()]
    rng = random.Random(7)
    mixed = answers.WHOLE + [answers.mixed(rng) for _ in range(N_MIXED)]
    made = list(awkward())
    assert len(made) >= 500
    sentences, words = nltk.sent_tokenize, nltk.word_tokenize
    bad = check("WikiText-2, whole", "sentences", sentences, [raw])
    bad += check("WikiText-2, by line", "sentences", sentences, lines)
    bad += check("awkward sentences", "sentences", sentences, made)
    bad += check("mixed pieces", "sentences", sentences, mixed)
    bad += check("WikiText-2, by line", "words", words, lines[:WORD_LINES])
    bad += check("awkward sentences", "words", words, made[::5])
    bad += check("mixed pieces", "words", words, mixed)
    sys.exit(1 if bad else 0)


main()
