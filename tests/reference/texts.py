"""texts.py: the compiled section and the post against the store, in a folder that texts.sh filled."""
import json
import re
import sqlite3
import sys
import unicodedata

from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

failed = False


def check(name, ok, what=""):
    global failed
    print(("ok - " if ok else "not ok - ") + name + (f" ({what})" if what and not ok else ""))
    failed |= not ok


def plain(text):
    """Without what a line break changes: spaces, hyphens, ligatures, the page's own lines."""
    return re.sub(r"[\s­-]+", "", unicodedata.normalize("NFKC", text)).replace("\u2019", "'")


def latex_name(name):
    return "".join(c if ord(c) < 0x180 else f"[U+{ord(c):04X}]" for c in name)


facts = json.load(open("rep/texts.json"))
levels = json.load(open("levels.json"))
tasks = json.load(open("tasks.json"))
page = open("rep/paper/section.txt", encoding="utf-8").read()
pages = page.split("\f")[:-1]
mark = "SYNTHETIC DATA: nothing here was measured"
text = plain("".join(re.sub(r"\n\s*\d+\s*$", "\n", p) for p in pages).replace(mark, "").replace("SYNTHETIC\n", ""))
post = open("rep/post.md", encoding="utf-8").read()

check(f"SYNTHETIC on each of {len(pages)} pages", len(pages) >= 4 and all(mark in p for p in pages))
inside = open("paper.txt", encoding="utf-8").read().split("\f")[:-1]
check(f"SYNTHETIC on each of {len(inside)} pages of the paper around it", len(inside) >= 3 and all(mark in p for p in inside))
real = open("real/paper/section.txt", encoding="utf-8").read()
check("no mark where nothing is synthetic", "SYNTHETIC" not in real and "SYNTHETIC" not in open("real/post.md").read() and "What quantization" in real)
check("the same sentences without the mark", json.load(open("real/texts.json"))["findings"] == facts["findings"])

# each sentence is in the PDF and in the post
sentences = [(f["heading"], s["text"]) for f in facts["findings"] for s in f["sentences"]]
sentences += [("choices", s["text"]) for s in facts["choices"]] + [("gaps", s["text"]) for s in facts["gaps"]]
lost = [s for _, s in sentences if plain(latex_name(s)) not in text]
check(f"{len(sentences)} sentences are in the PDF", len(sentences) > 10 and not lost, lost[:2])
md = re.sub(r"\\([\\`*_{}\[\]#|~$])", r"\1", post).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
lost = [s for _, s in sentences if f"- {s}\n" not in md]
check("and in the post", not lost, lost[:2])

# tables: the numbers of the store, formatted here
def fixed(value, digits):
    return "" if value is None else re.sub(r"^-(0\.0*)$", r"\1", f"{value:.{digits}f}")


def alone(lo, hi):
    return "same" if -1 <= lo and hi <= 1 else "worse" if lo > 1 else "better" if hi < -1 else "undecided"


def p_value(loss, lo, hi):
    """Normal, by the half of the interval that looks to the margin."""
    down, up = (loss - lo) / norm.ppf(0.975), (hi - loss) / norm.ppf(0.975)
    z = {"worse": (loss - 1) / down, "better": (-1 - loss) / up, "same": min((1 - loss) / up, (loss + 1) / down), "undecided": 0}[alone(lo, hi)]
    return min(1, 2 * norm.sf(z))


claims = {(r["model"], r["level"]): (r["loss_pct"], r["loss_lo_pct"], r["loss_hi_pct"]) for r in levels if r["loss_pct"] is not None}
holm = multipletests([p_value(*c) for c in claims.values()], method="holm")[1]
verdicts = {k: alone(*c[1:]) if p <= 0.05 else "undecided" for (k, c), p in zip(claims.items(), holm)}
check("verdicts of every kind but better", {"same", "worse"} <= set(verdicts.values()), verdicts)

tables = {t["caption"]: [[c["text"] for c in r["cells"]] for r in t["rows"]] for t in facts["tables"]}
heads = {t["caption"]: [c["text"] for c in t["head"]] for t in facts["tables"]}
n_checked = n_wrong = 0
columns = {"bits/weight": ("bpw", 2), "file (GB)": ("size_gb", 3), "PPL": ("ppl", 4), "loss (%)": ("loss_pct", 2), "KL (nat)": ("kl_nat", 5),
           "prompt (t/s)": ("prompt_tps", 1), "generation (t/s)": ("gen_tps", 1), "first token (s)": ("ttft_s", 3), "peak memory (GB)": ("peak_gb", 3)}
for row in levels:
    for kind in ("size and loss of perplexity.", "speed and memory."):
        caption = f"{row['model']}: {kind}"
        got = next(r for r in tables[caption] if r[0] == row["level"])
        for head, cell in zip(heads[caption], got, strict=True):
            if head in columns:
                n_checked += 1
                n_wrong += cell != fixed(row[columns[head][0]], columns[head][1])
            if head == "95 % interval":
                want = "" if row["loss_pct"] is None else f"[{fixed(row['loss_lo_pct'], 2)}, {fixed(row['loss_hi_pct'], 2)}]"
                n_checked += 1
                n_wrong += cell != want
            if head == "verdict" and row["loss_pct"] is not None:
                n_checked += 1
                n_wrong += cell != verdicts[row["model"], row["level"]]
check(f"{n_checked} values of sizes, losses, speeds", n_checked > 80 and n_wrong == 0, f"{n_wrong} differ")

db = sqlite3.connect("awkward.db")
scores = {}
for model, level, task, value in db.execute("""SELECT model.name, level, substr(task, 1, instr(task, ':') - 1), value FROM measure
        JOIN cell ON cell.id = cell_id JOIN variant ON variant.id = variant_id JOIN model ON model.id = model_id
        WHERE (metric = 'acc_norm' AND task LIKE 'colours:%') OR (metric = 'acc' AND task LIKE 'sums:%')
           OR (metric = 'exact_match' AND slot = 0) ORDER BY task, idx"""):
    scores.setdefault((model, level), {}).setdefault(task, []).append(value)
caption_of = "{}: scores in percent."
n_checked = n_wrong = 0
mean = lambda v: sum(v) / len(v)
for (model, level), s in scores.items():
    caption = caption_of.format(model)
    got = dict(zip(heads[caption], next(r for r in tables[caption] if r[0] == level), strict=True))
    for name, value in got.items():
        known = {"colours": "colours", "sums": "sums", "sum8k": "sum8k"}.get(name)
        if known:
            n_checked += 1
            n_wrong += abs(float(value) - 100 * mean(s[known])) > 0.005001
check(f"{n_checked} scores are the means in the store", n_checked >= 8 and n_wrong == 0, f"{n_wrong} differ")

# every number with a point in the PDF's tables is in the tables of texts.json, and the other way round
cells = [c["text"] for t in facts["tables"] for r in t["rows"] for c in r["cells"]]
lost = [c for c in cells if plain(latex_name(c)) not in text]
check(f"{len(cells)} cells are in the PDF", len(cells) > 150 and not lost, lost[:3])
allowed = set(re.findall(r"\d+\.\d+", " ".join(cells + [s for _, s in sentences])))
allowed |= {facts["version"][:3], "4.13", "0.4", "0.5", "95.0"} | set(re.findall(r"\d+\.\d+", " ".join(r["text"] for r in facts["references"]) + facts["engine"]))
charts = [c["file"] for c in facts["charts"]]
check("charts", {"perplexity_bpw", "speed_size"} <= set(charts), charts)
for chart in charts:  # ticks of axes
    allowed |= set(re.findall(r"\d+\.\d+", open(f"rep/paper/{chart}.txt", encoding="utf-8").read()))
extra = [x for x in re.findall(r"\d+\.\d+", re.sub(r"\d+(\.\d+){2,}", "", page)) if x not in allowed and not re.fullmatch(r"1\.\d", x)]
check("no other number in the PDF", not extra, extra[:5])

# numbers of sentences, from the store alone
def numbers(heading):
    return {x for h, s in sentences if h == heading for x in re.findall(r"-?\d+\.\d+", re.sub(r"Tiny_1.*?\*|Other_2", "", s))}


loss = {fixed(r[k], 2) for r in levels for k in ("loss_pct", "loss_lo_pct", "loss_hi_pct") if r[k] is not None}
speed = {fixed(r[k], 1) for r in levels for k in ("gen_tps", "gen_lo_tps", "gen_hi_tps") if r[k] is not None}
check("numbers of the perplexity sentences", numbers("Perplexity") and numbers("Perplexity") <= loss, numbers("Perplexity") - loss)
check("numbers of the speed sentences", numbers("Speed") <= speed, numbers("Speed") - speed)

# every claim again, from the intervals
for h, s in sentences:
    if h == "Perplexity":
        for r in levels:
            if r["loss_pct"] is None or not re.match(rf"(Whether )?(Q\w+(, | and )?)*{r['level']}\b.* cost", s):
                continue
            verdict = verdicts[r["model"], r["level"]]
            ok = "depends" in s or verdict == ("undecided" if s.startswith("Whether") else "same" if "nothing measurable" in s else "worse")
            check(f"claimed: {r['level']} of {latex_name(r['model'])[:12]}", ok, s)

# charts: the PDF is of the SVG that the page shows
html = open("rep/index.html", encoding="utf-8").read()
for chart in charts:
    svg = open(f"rep/{chart}.svg", encoding="utf-8").read()
    words = {w for w in re.findall(r">([^<>]{4,})</text>", svg) if re.fullmatch(r"[A-Za-z0-9 _/(),.%]+", w)}
    drawn = plain(open(f"rep/paper/{chart}.txt", encoding="utf-8").read())
    lost = [w for w in words if plain(w) not in drawn]
    here = [w for w in words if w not in html]
    check(f"{chart}: the page's own chart", len(words) >= 4 and not lost and not here, lost[:3] + here[:3])
sys.exit(failed)
