"""dashboard.py PAGES SHOTS: the checks of dashboard.sh, as TAP lines."""
import csv
import json
import os
import sys
import time
import traceback

from devtools import Page

pages, shots = sys.argv[1:3]
n = failed = 0
ROWS = "document.querySelectorAll('#variants tbody tr[data-key]').length"
CELLS = "[...document.querySelectorAll('#variants tbody tr[data-key]')].map(r => r.dataset.key)"


def check(name, ok, note=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {name}" + (f" # {note}" if note != "" and not ok else ""), flush=True)


def url(name, fragment=""):
    return f"file://{pages}/{name}.html{fragment}"


def quiet(page, name):
    check(f"{name}: the console stays empty", not page.console, page.console[:3])
    outside = [r for r in page.requests if not r.startswith((f"file://{pages}/", "data:", "blob:"))]
    check(f"{name}: nothing but the file is asked for", not outside and page.requests, outside[:3])


def downloaded(folder, name, wait_s=10):
    path, end = os.path.join(folder, name), time.time() + wait_s
    while not os.path.exists(path) and time.time() < end:
        time.sleep(0.05)
    return open(path, newline="").read() if os.path.exists(path) else ""


def set_range(page, selector, value):
    page.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.value = {value}; e.dispatchEvent(new Event('input', {{bubbles: true}})); }})()")


def drawn(page, i):
    page.js(f"document.querySelectorAll('figure')[{i}].scrollIntoView()")
    return page.wait(f"document.querySelectorAll('figure')[{i}].dataset.state === 'interactive'")


def points(page, i):
    return page.js(f"document.querySelectorAll('figure')[{i}].querySelectorAll('[aria-roledescription=point]').length")


def tick(page, key, value):
    page.js(f"document.querySelector('.ticks[data-key={key}]').open = true")
    page.click(f".ticks[data-key={key}] input[value='{value}']")
    page.js(f"document.querySelector('.ticks[data-key={key}]').open = false")


def the_filters(page):
    page.open(url("full"))
    check("every variant has a row", page.js(ROWS) == 88)
    check("the first chart is drawn", drawn(page, 0))
    all_points = points(page, 0)
    check("every point of it", all_points == 176, all_points)
    page.type("#filters input[type=search]", "q4_k_m ; 4b bf16")
    check("search: alternatives of words", page.js(ROWS) == 12, page.js(ROWS))
    check("the chart follows the filter", page.wait("document.querySelectorAll('figure')[0].querySelectorAll('[aria-roledescription=point]').length === 24"), points(page, 0))
    page.type("#filters input[type=search]", " ")
    tick(page, "model", "Made-up-3B")
    tick(page, "model", "Made-up-4B")
    check("model", page.js(ROWS) == 16 and "model=" in page.js("location.hash"))
    tick(page, "level", "Q2_K")
    check("model and level", page.js(CELLS) == ["Made-up-4B|Q2_K", "Made-up-3B|Q2_K"], page.js(CELLS))
    page.click("#filters form > button")
    check("reset", page.js(ROWS) == 88 and page.js("location.hash") == "")
    tick(page, "family", "Made-up A")
    check("family", page.js(ROWS) == 32, page.js(ROWS))
    page.click("#filters form > button")
    set_range(page, "#filters input[type=range]", 1.5)
    shown = page.js(ROWS)
    most = page.js("Math.max(...[...document.querySelectorAll('#variants tbody tr')].map(r => Number(r.cells[[...r.closest('table').tHead.rows[0].cells].findIndex(h => h.dataset.name === 'ram_gb')].textContent)))")
    check("memory slider", 0 < shown < 88 and most <= 1.5, (shown, most))
    page.type("#filters input[type=number]", "40")
    check("and a least speed", 0 < page.js(ROWS) < shown, page.js(ROWS))
    page.click("#filters form > button")
    page.js("(() => { const e = document.querySelector('#filters select'); e.value = 'gsm8k'; e.dispatchEvent(new Event('change')); })()")
    check("a task's scores", "gsm8k" in page.js("document.querySelector('#variants th[data-name=score_pct]').textContent"))
    check("charts with a panel a task show it alone", drawn(page, 1) and page.wait("document.querySelectorAll('figure')[1].querySelectorAll('[aria-roledescription=point]').length === 88"), points(page, 1))
    page.type("#filters input[type=search]", "no such thing")
    check("no variant left is said", "No variant passes" in page.js("document.querySelector('#variants').textContent"))
    page.click("#filters form > button")


def the_table(page, folder):
    head = "#variants th[data-name=%s] button"
    page.click(head % "size_gb")
    check("sorts, most first", page.js(CELLS)[0] == "Made-up-4B|BF16" and page.js("document.querySelector('#variants th[data-name=size_gb]').ariaSort") == "descending")
    page.click(head % "size_gb")
    check("and least first", page.js(CELLS)[0] == "Made-up-135M|Q2_K", page.js(CELLS)[0])
    page.click(head % "diff_pct")
    page.click(head % "diff_pct")
    check("missing ones last both ways", page.js(CELLS)[-1].endswith("|BF16"))
    tick(page, "cols", "kl_nat")
    check("a column more", page.js("document.querySelector('#variants th[data-name=kl_nat]') !== null"))
    check("verdicts with their margin", page.js("[...new Set([...document.querySelectorAll('#variants .badge.same, #variants .badge.worse, #variants .badge.undecided')].map(b => b.textContent))].sort().join('|')")
          == "= same \u00b11|? undecided \u00b11|\u25bc worse \u00b11")
    check("the recommended are marked", page.js("document.querySelectorAll('#variants tr.recommended').length") == 1)
    page.type("#filters input[type=search]", "4b q8_0")
    page.click("#save-csv")
    rows = list(csv.DictReader(downloaded(folder, "variants.csv").splitlines()))
    check("view as CSV: one row, with interval and verdict, marked", len(rows) == 1 and rows[0]["data"] == "SYNTHETIC" and rows[0]["model"] == "Made-up-4B"
          and float(rows[0]["score_lo_pct"]) < float(rows[0]["score_pct"]) < float(rows[0]["score_hi_pct"]) and rows[0]["verdict"] == "same" and "kl_nat" in rows[0], rows)
    page.click("#save-json")
    saved = json.loads(downloaded(folder, "variants.json") or "[]")
    check("view as JSON: the same", len(saved) == 1 and abs(saved[0]["score_pct"] - float(rows[0]["score_pct"])) < 1e-12 and saved[0]["data"] == "SYNTHETIC")
    page.click("#filters form > button")


def the_comparison(page, folder):
    for key in ("Made-up-4B|BF16", "Made-up-4B|Q4_K_M", "Made-up-3B|Q2_K", "Made-up-135M|Q2_K"):
        page.click(f"tr[data-key='{key}'] input")
    check("four are compared", page.js("document.querySelectorAll('.compare thead th').length") == 5)
    page.click("tr[data-key='Made-up-360M|Q2_K'] input")
    check("a fifth is refused, and why", "At most 4" in page.js("document.getElementById('compare-note').textContent") and page.js("document.querySelectorAll('.compare thead th').length") == 5)
    page.click(".compare thead th:last-child button")
    check("one is taken out", page.js("document.querySelectorAll('.compare thead th').length") == 4)
    row = page.js("[...document.querySelectorAll('.compare tbody tr')].find(r => r.cells[0].textContent === 'mmlu').cells[2].textContent")
    lost, of = page.js("(() => { const t = document.querySelector('.flips summary').textContent.match(/: (\\d+) of (\\d+)/); return [Number(t[1]), Number(t[2])]; })()")
    check("flipped questions are counted alike", f"{lost} lost of {of}" in row and of == 14040, (row, lost))
    gained = page.js("Number(document.querySelectorAll('.flips summary')[1].textContent.match(/: (\\d+) of/)[1])")
    raw = json.loads(page.js("document.getElementById('data').textContent"))
    names = [c["name"] for c in raw["scores"]["columns"]]
    score = {s["variant"]: s["score_pct"] for s in (dict(zip(names, r)) for r in raw["scores"]["rows"]) if s["task"] == "mmlu"}
    variant = {(r[0], r[2]): i for i, r in enumerate(raw["variants"]["rows"])}
    moved = (score[variant["Made-up-4B", "Q4_K_M"]] - score[variant["Made-up-4B", "BF16"]]) * of / 100
    check("gained less lost is what the score moved", abs(gained - lost - moved) < 0.5, (gained, lost, moved))
    listed = page.js("document.querySelectorAll('ol.lost li').length")
    check("and listed by part and number", listed == min(lost, 200) and page.js("document.querySelector('ol.lost li').textContent").split(" ")[0] in ("anatomy", "law"), listed)
    asked = page.js("[...document.querySelectorAll('ol.lost li')].map(e => [Number(e.textContent.match(/\\d+/)[0]), e.querySelector('q') ? e.querySelector('q').textContent : ''])")
    check("with what they ask, where that is known", all((text == "What was made up, and <b>why</b>?") == (number % 2 == 0) for number, text in asked), asked[:3])
    page.click("#compare > button")
    rows = list(csv.DictReader(downloaded(folder, "flips.csv").splitlines()))
    check("saved, every one", sum(r["change"] == "lost" for r in rows) == lost and rows[0]["data"] == "SYNTHETIC" and any(r["question"] for r in rows), len(rows))
    page.shot(f"{shots}/compare-1280.png", whole=True)


def the_address(page):
    hash_ = page.js("location.hash")
    page.open(url("none"))
    page.open(url("full", hash_))
    check("the address keeps the comparison", page.js("document.querySelectorAll('.compare thead th').length") == 4)
    page.open(url("none"))
    page.open(url("full", "#task=ifeval&level=Q4_K_M&sort=bpw&down=&ram=2&cols=model%0Alevel%0Abpw"))
    check("and filters, order, columns", 0 < page.js(ROWS) < 11 and page.js("document.querySelectorAll('#variants th[scope=col]').length") == 4
          and page.js("document.querySelector('#filters select').value") == "ifeval", page.js(ROWS))
    page.js("location.hash = '#q=135m'")
    check("a changed address is followed", page.wait(f"{ROWS} === 8"), page.js(ROWS))
    page.open(url("none"))
    page.open(url("full", "#sort=nonsense&cmp=no%7Csuch&task=none&cols=x&ram=abc"))
    check("a spoilt address does no harm", page.js("document.querySelectorAll('#variants th[scope=col]').length") > 4)


def the_advice(page):
    page.open(url("none"))
    page.open(url("full"))
    cards = "[...document.querySelectorAll('.card strong')].map(e => e.textContent)"
    check("a choice for 4, 8 and 16 GiB", page.js(cards) == ["Made-up-4B Q4_K_M", "Made-up-4B Q8_0", "Made-up-4B BF16"], page.js(cards))
    set_range(page, "#advise input[type=range]", 2)
    check("and for a machine of one's own", len(page.js(cards)) == 4 and "2 GiB machine" in page.js("document.querySelector('#advise').textContent"), page.js(cards))
    page.type("#advise input[type=number]", "1.9")
    check("where nothing fits, that is said or a small one named", page.js("document.querySelectorAll('.card').length") == 4)
    page.type("#filters input[type=number]", "25")
    check("a least speed counts", page.js("[...document.querySelectorAll('.card')].every(c => !/BF16/.test((c.querySelector('strong') || {}).textContent))"))


def the_keyboard(page):
    page.open(url("none"))
    page.open(url("full"))
    seen = []
    for _ in range(40):
        page.key("Tab")
        seen.append(page.js("(e => e.id || e.dataset.name || e.name || e.tagName + (e.closest('[data-key]') ? ':' + e.closest('[data-key]').dataset.key : e.closest('th') ? ':' + e.closest('th').dataset.name : ''))(document.activeElement)"))
        if seen[-1].startswith("INPUT:Made-up"):
            break
    check("Tab reaches filters, downloads, table, headings and rows", all(any(want in s for s in seen) for want in ("SUMMARY:model", "save-csv", "variants", "BUTTON:score_pct", "INPUT:Made-up-4B|BF16")), seen)
    page.key(" ")
    check("Space ticks a row", "cmp=" in page.js("location.hash") and page.js("document.getElementById('compare-note').textContent").startswith("Tick one more"))
    page.js("document.querySelector('#variants th[data-name=bpw] button').focus()")
    page.key("Enter")
    check("Enter sorts, and the focus stays", page.js("document.activeElement.closest('th').dataset.name") == "bpw" and page.js("document.activeElement.closest('th').ariaSort") == "descending")
    page.js("document.querySelector('.ticks[data-key=level] summary').focus()")
    page.key("Enter")
    is_open = page.js("document.querySelector('.ticks[data-key=level]').open")
    page.key("Escape")
    check("Enter opens a list, Escape closes it", is_open and not page.js("document.querySelector('.ticks[data-key=level]').open"))
    bare = page.js("[...document.querySelectorAll('button, input, select')].filter(e => !e.textContent.trim() && !e.ariaLabel && !e.closest('label')).length")
    check("every control has a name", bare == 0, bare)
    check("the tables have captions and headed columns and rows", page.js("[...document.querySelectorAll('table')].every(t => t.caption && t.querySelector('th[scope=col]'))") and
          page.js("document.querySelectorAll('#variants tbody th[scope=row]').length") == 88)


def what_is_missing(page):
    page.open(url("gaps"))
    text = page.js("document.querySelector('#missing').textContent")
    check("gaps: failed and missing tasks are named", all(t in text for t in ("out of memory (made up)", "hellaswag: not run", "made-up note", "Peak memory was not measured")), text)
    check("gaps: and marked in the table", page.js("document.querySelectorAll('.missing-mark').length") == 5, page.js("document.querySelectorAll('.missing-mark').length"))
    page.open(url("none"))
    check("none: no task is said", "No task was run" in page.js("document.querySelector('#missing').textContent") and "No advice" in page.js("document.querySelector('#advise').textContent"))
    page.open(url("level"))
    check("one level: said, nothing is compared", "one level only" in page.js("document.querySelector('#missing').textContent") and page.js("document.querySelectorAll('.badge.same').length") == 0)
    page.open(url("one"))
    check("one model: its rows and charts", page.js(ROWS) == 8 and drawn(page, 0))
    page.open(url("ties"))
    check("ties: equal variants share their ranks", page.js("new Set([...document.querySelectorAll('#variants tbody tr')].filter(r => r.dataset.key.endsWith('|BF16')).map(r => r.cells[[...r.closest('table').tHead.rows[0].cells].findIndex(h => h.dataset.name === 'rank')].textContent)).size") == 1)
    page.open(url("hostile"))
    check("hostile names are text", page.js("document.title").startswith("SYNTHETIC: Bang") and page.js("document.querySelectorAll('img').length") == 0 and page.js(ROWS) == 6)
    page.click("tr[data-key] input")
    page.click("tr[data-key]:nth-child(2) input")
    check("hostile names in comparison and address", page.js("document.querySelectorAll('.compare thead th').length") == 3 and page.js("document.title").startswith("SYNTHETIC: Bang"))


def the_banners(page):
    page.open(url("full"))
    check("SYNTHETIC and UPCAST banners", page.js("[...document.querySelectorAll('.banner strong')].map(e => e.textContent).join('|')") == "SYNTHETIC DATA.|UPCAST.")
    check("provenance and raw data", page.js("document.querySelector('#provenance a').getAttribute('href')") == "data/variants.csv" and "0123456789abcdef" in page.js("document.querySelector('#provenance').textContent"))


def the_looks():
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            page = Page(width, 1600, scheme == "dark")
            page.open(url("full"))
            n_figures = page.js("document.querySelectorAll('figure').length")
            all_drawn = all(drawn(page, i) for i in range(n_figures))
            check(f"{width} {scheme}: all {n_figures} charts are drawn", all_drawn and n_figures == 7)
            wide = page.js("document.documentElement.scrollWidth")
            check(f"{width} {scheme}: the page is not wider than the window", wide <= width, wide)
            page.js("scrollTo(0, 0)")
            page.shot(f"{shots}/full-{width}-{scheme}.png", whole=True)
            quiet(page, f"{width} {scheme}")
            page.close()


def main():
    downloads = os.path.join(pages, "downloads")
    os.mkdir(downloads)
    page = Page(1280, 1000, downloads=downloads)
    for step in (the_filters, lambda p: the_table(p, downloads), lambda p: the_comparison(p, downloads), the_address, the_advice, the_keyboard,
                 what_is_missing, the_banners):
        try:
            step(page)
        except Exception: # one broken step must not hide the others
            traceback.print_exc()
            check("a step ended early", False, step)
    quiet(page, "all of it")
    page.close()
    the_looks()
    size = os.path.getsize(f"{pages}/full.html")
    check("88 variants and 27,000 questions: less than 8 MB", size < 8e6, size)
    print(f"1..{n}")
    return failed != 0


sys.exit(main())
