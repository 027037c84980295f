"""Quadratic weighted kappa, exact and adjacent agreement, mean absolute error against scikit-learn; their intervals against
numpy's quantiles of scikit-learn's figures over the same draws (Python's random with the same seed)."""
import math
import random
import sys

import numpy
import reference

from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error


def cases():
    rng = random.Random(2)
    for n in (1, 2, 3, 10, 50, 400):
        for top in (1, 4, 6, 60):
            for noise in (0, 1, 3):
                a = [rng.randint(0, top) for _ in range(n)]
                yield a, [min(top, max(0, x + rng.randint(-noise, noise))) for x in a], top


def expect(a, b, top):
    kappa = cohen_kappa_score(a, b, labels=list(range(top + 1)), weights="quadratic") if len(set(a + b)) > 1 else None
    return {"kappa": kappa, "exact": accuracy_score(a, b),
            "adjacent": sum(abs(x - y) <= 1 for x, y in zip(a, b)) / len(a), "mae": mean_absolute_error(a, b),
            "bias": sum(x - y for x, y in zip(a, b)) / len(a)}


def is_close(x, y):
    return x is y or (x is not None and y is not None and math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-12))


N_RESAMPLES = 200


def bootstrap(a, b, top):
    rng, figures = random.Random(1234), []
    for _ in range(N_RESAMPLES):
        at = [rng._randbelow(len(a)) for _ in a]
        figures.append(expect([a[i] for i in at], [b[i] for i in at], top))
    out = {}
    for name in ("kappa", "exact", "adjacent", "mae"):
        draws = [-1 if f[name] is None else f[name] for f in figures]
        low, high = numpy.quantile(draws, [0.025, 0.975])
        out[name] = [low, high, numpy.std(draws, ddof=1)]
    return out


def check_bootstrap():
    inputs = [c for c in cases() if len(c[0]) in (10, 50) and len(set(c[0] + c[1])) > 1]
    found = reference.score([{"op": "agreement_bootstrap", "a": a, "b": b, "n_resamples": N_RESAMPLES} for a, b, _ in inputs])
    expected = [bootstrap(*i) for i in inputs]
    same = [e if all(is_close(x, y) for k in e for x, y in zip(e[k], f[k])) else f for e, f in zip(expected, found)]
    return reference.compare("intervals of agreement (to 1e-12)", inputs, expected, same)


def main():
    inputs = list(cases())
    found = reference.score([{"op": "agreement", "a": a, "b": b} for a, b, _ in inputs])
    expected = [expect(*i) for i in inputs]
    same = [e if all(is_close(e[k], f[k]) for k in e) else f for e, f in zip(expected, found)]
    different = reference.compare("agreement (to 1e-12)", inputs, expected, same)
    sys.exit(1 if check_bootstrap() or different else 0)


main()
