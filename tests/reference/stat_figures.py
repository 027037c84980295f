"""Statistics against scipy, statsmodels and numpy; the joint bootstrap on the indices that Python's own random draws."""
import json
import math
import os
import random
import subprocess
import sys

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

STAT_LINES = os.path.join(os.environ["PERBIT_BUILD"], "tests", "stat_lines")
rng = random.Random(3)


def mcnemar_cases():
    for b, c in [(0, 1), (5, 5), (3, 10), (25, 40), (120, 180), (700, 800)] + [
            (rng.randint(0, 90), rng.randint(0, 90)) for _ in range(60)]:
        if b + c:
            k, n = min(b, c), b + c
            mid = min(1.0, 2 * stats.binom.cdf(k, n, 0.5) - stats.binom.pmf(k, n, 0.5)) if b != c else 1.0
            yield {"b": b, "c": c}, {"exact": mcnemar([[1, b], [c, 1]], exact=True).pvalue, "mid": mid}


def binomial_cases():
    for n in (1, 7, 100, 817, 14042):
        for k in sorted({0, n, n // 3, n // 2, rng.randint(0, n)}):
            for level in (0.9, 0.95, 0.99):
                yield {"k": k, "n": n, "level": level}, {
                    "wilson": proportion_confint(k, n, 1 - level, "wilson"),
                    "clopper_pearson": proportion_confint(k, n, 1 - level, "beta")}


def kendall_cases():
    for n in (2, 3, 5, 11, 40):
        for top in (2, 4, 1000):
            for _ in range(8):
                x, y = ([rng.randint(0, top) for _ in range(n)] for _ in "xy")
                tau = stats.kendalltau(x, y, variant="b").statistic
                yield {"x": x, "y": y}, {"tau_b": None if math.isnan(tau) else tau}


def holm_cases():
    for n in (1, 2, 5, 55, 440):
        for power in (1, 3, 8):
            p = [rng.random() ** power for _ in range(n)] + [0.01, 0.01]
            yield {"p": p}, {"adjusted": list(multipletests(p, method="holm")[1])}


def paired_cases():
    for n in (5, 40, 400):
        for is_bit in (True, False):
            x = [float(rng.random() < 0.6) if is_bit else rng.gauss(0, 1) for _ in range(n)]
            y = [a if rng.random() < 0.7 else 1 - a for a in x]
            if len({a - b for a, b in zip(x, y)}) == 1:
                continue
            t = stats.ttest_rel(x, y)
            ci = t.confidence_interval(0.95)
            d = np.array(x) - np.array(y)
            yield {"x": x, "y": y}, {"difference": d.mean(), "se": stats.sem(d), "p": t.pvalue, "ci": [ci.low, ci.high]}
            yield clustered(x, y, d, [i // 4 for i in range(n)])


def clustered(x, y, d, groups):
    """statsmodels multiplies the variance by (n - 1) / (n - k) too, which is 1 for a mean (k = 1)."""
    fit = sm.OLS(d, np.ones(len(d))).fit(cov_type="cluster", cov_kwds={"groups": np.array(groups), "df_correction": True},
                                         use_t=True)
    return {"x": x, "y": y, "cluster": groups}, {"difference": d.mean(), "se": fit.bse[0], "p": fit.pvalues[0],
                                                 "ci": list(fit.conf_int()[0])}


def student_cases():
    for df in (1, 2, 3.5, 10, 100, 13000):
        for t in (-30, -2.5, -0.1, 0, 1, 1.96, 7):
            for level in (0.5, 0.95, 0.999):
                yield {"t": t, "df": df, "level": level}, {"cdf": stats.t.cdf(t, df), "quantile": stats.t.ppf((1 + level) / 2, df)}


def drawn_means(task, seed, n_resamples):
    """[cell][resample]; units are drawn by random.Random(seed)'s randbelow, clusters in order of first appearance."""
    score = np.array(task["score"], float)
    n = score.shape[1]
    cluster = task.get("cluster") or list(range(n))
    number = {c: i for i, c in enumerate(dict.fromkeys(cluster))}
    unit = np.array([number[c] for c in cluster])
    r = random.Random(seed)
    out = []
    for _ in range(n_resamples):
        drawn = [r._randbelow(len(number)) for _ in number]
        count = np.bincount(drawn, minlength=len(number))[unit]
        out.append(score @ count / count.sum())
    return np.array(out).T


def joint_cases():
    n_resamples = 300
    for n, seed in ((30, 1), (200, 99), (1000, 12345678901)):
        bits = [[float(rng.random() < p) for _ in range(n)] for p in (0.7, 0.65, 0.3)]
        real = [[rng.random() for _ in range(n + 5)] for _ in range(3)]
        tasks = [{"score": bits, "baseline": 0.25}, {"score": real, "baseline": 0.46},
                 {"score": bits, "baseline": 0.6, "cluster": [rng.randint(0, n // 5) for _ in range(n)]}]
        draws = [drawn_means(t, seed + i, n_resamples) for i, t in enumerate(tasks)]
        values = [np.mean(t["score"], axis=1) for t in tasks]
        norm = lambda v, b: np.maximum(0, (v - b) / (1 - b))
        for column in (draws, values):
            raw = np.mean(column[:3], axis=0)
            column.append(raw)
            column.append(np.mean([norm(column[i], tasks[i]["baseline"]) for i in range(3)], axis=0))
        figures = lambda v, d: [v, np.std(d, ddof=1), *np.percentile(d, [2.5, 97.5])]
        expect = {}
        for cell in range(3):
            for k in range(5):
                expect["mean %d %d" % (cell, k)] = figures(values[k][cell], draws[k][cell])
                expect["difference %d %d" % (cell, k)] = figures(values[k][cell] - values[k][0], draws[k][cell] - draws[k][0])
        yield {"tasks": tasks, "seed": seed, "n_resamples": n_resamples}, expect


def is_close(x, y, tolerance):
    if isinstance(x, (list, tuple)):
        return len(x) == len(y) and all(is_close(a, b, tolerance) for a, b in zip(x, y))
    return x is y or (x is not None and y is not None and math.isclose(x, y, rel_tol=tolerance, abs_tol=1e-13))


def run(op, cases, tolerance):
    inputs, expected = zip(*cases)
    text = "".join(json.dumps({"op": op, **i}) + "\n" for i in inputs)
    done = subprocess.run([STAT_LINES], input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-1000:])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(expected) > 0
    different, n = [], 0
    for i, e, f in zip(inputs, expected, found):
        for key in e:
            n += len(e[key]) if isinstance(e[key], (list, tuple)) else 1
            if not is_close(e[key], f[key], tolerance):
                different.append((str(i)[:200], key, e[key], f[key]))
    print("%s (to %g): %d figures of %d inputs compared, %d different" % (op, tolerance, n, len(inputs), len(different)))
    for d in different[:5]:
        print("  input %s\n    %s: expected %s, perbit %s" % d)
    return len(different)


def main():
    failed = run("mcnemar", mcnemar_cases(), 1e-9) + run("binomial", binomial_cases(), 1e-9)
    failed += run("kendall", kendall_cases(), 1e-13) + run("holm", holm_cases(), 1e-14)
    failed += run("paired", paired_cases(), 1e-9) + run("student", student_cases(), 1e-9)
    failed += run("joint", joint_cases(), 1e-11)
    sys.exit(1 if failed else 0)


main()
