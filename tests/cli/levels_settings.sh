# a level that was measured with several settings has a row for each, which says what differs
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
$PERBIT run study.yaml -q
$PERBIT show study.yaml >one.txt
! grep -q 'settings that differ' one.txt
sed 's/n_ctx: 128/n_ctx: 64/' study.yaml >short.yaml
$PERBIT run short.yaml -q
$PERBIT show study.yaml >two.txt
grep -q 'settings that differ' two.txt
$PERBIT show study.yaml --json >two.json
$PERBIT show text study.yaml --json >text.json
$PERBIT export out study.yaml -q
$PERBIT speed tiny.gguf -r 2 -b 256 --store tiny.db -q >speed.txt
$PERBIT show speed study.yaml --json >speed.json
$PERBIT show study.yaml --json >three.json
python3 - <<'END'
import json
rows = json.load(open("two.json"))
key = [(r["level"], r["settings"]) for r in rows]
assert sorted(key) == sorted((l, f"n_ctx {n}") for l in ("BF16", "Q8_0", "Q4_K_M") for n in (128, 64)), key
for a in rows:  # speed and memory were measured once: they stand in both rows
    assert a["gen_tps"] and a["peak_gb"] and a["ppl"], a
one, two = [next(r for r in rows if r["level"] == "Q8_0" and r["settings"] == s) for s in ("n_ctx 128", "n_ctx 64")]
assert one["ppl"] != two["ppl"] and one["gen_tps"] == two["gen_tps"]
text = json.load(open("text.json"))
assert {r["settings"] for r in text} == {"n_ctx 128", "n_ctx 64"}
for r in rows:
    t = [x for x in text if (x["level"], x["settings"], x["kind"]) == (r["level"], r["settings"], "kl")]
    assert len(t) == 1 and t[0]["ppl"] == r["ppl"]
level = json.load(open("out/results/tiny/q8_0.json"))
assert [r["settings"] for r in level["summary"]] == ["n_ctx 128", "n_ctx 64"], level["summary"]
assert {r["settings"] for r in json.load(open("speed.json"))} == {"repetitions 3", "repetitions 2"}
three = [r["settings"] for r in json.load(open("three.json")) if r["level"] == "BF16"]
assert "n_ctx 128, repetitions 2" in three or "repetitions 2, n_ctx 128" in three, three
END
