# the studies of studies/ can be planned with nothing here, and every model of the guide's has its shape
plan() {
    study=$PERBIT_SRC/studies/$1
    shift
    $PERBIT plan "$study" --output csv "$@"
}
plan locollm.yaml >all.csv
python3 - <<'END'
import csv
rows = list(csv.DictReader(open("all.csv")))
tiers = {}
for r in rows:
    tiers.setdefault(r["tier"], []).append(r)
assert list(tiers) == ["cliffs", "core", "matrix", "machine"], list(tiers)
def count(tier, *measures):
    return sum(r["measure"] in measures for r in tiers[tier])
models, levels = {r["model"] for r in rows}, {r["level"] for r in rows}
assert len(models) == 11 and len(levels) == 8, (models, levels)
assert count("cliffs", "kl") == 88
assert count("core", "gsm8k") == count("core", "ifeval") == count("core", "arc_challenge") == 22
assert sum(r["measure"].startswith("mmlu_") for r in tiers["core"]) == 57 * 22
assert count("matrix", "hellaswag") == count("matrix", "ifeval") == 24
assert count("machine", "speed") == 2 * 88 and count("machine", "memory") == 88
assert all(r["status"] == "to do" for r in rows)
END
for tier in 1 2 3 4; do plan locollm.yaml --tier $tier >$tier.csv; done
[ "$(cat [1-4].csv | grep -vc '^tier,')" = "$(grep -vc '^tier,' all.csv)" ]
plan quick.yaml >quick.csv
[ "$(grep -c 'Qwen3-4B-Instruct-2507,BF16,' quick.csv)" = 60 ] # the file, 57 subjects, gsm8k, hellaswag
[ "$(grep -c 'Qwen3-4B-Instruct-2507,Q4_K_M,' quick.csv)" = 60 ]
[ "$(grep -c config: "$PERBIT_SRC/studies/locollm.yaml")" -ge 11 ]
# a run is another matter: the text that the first tier needs is not here
cp -r "$PERBIT_SRC/studies" "$PERBIT_SRC/shapes" .
status=0
HF_HUB_OFFLINE=1 $PERBIT run studies/locollm.yaml --tier 1 2>err.txt || status=$?
[ $status = 1 ]
grep -q 'wiki.test.raw: No such file' err.txt
