# a store with cells of two machines: a speed file for each, with its own rows, and both in metadata.json
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/measures: .*/measures: [speed]/' study.yaml
$PERBIT run study.yaml -q
python3 - <<'END'
import sqlite3
db = sqlite3.connect("tiny.db")  # Q8_0 was measured elsewhere
db.execute("INSERT INTO machine SELECT 'fedcba9876543210', info, first_seen FROM machine")
db.execute("UPDATE cell SET machine_id = 'fedcba9876543210' WHERE variant_id IN (SELECT id FROM variant WHERE level = 'Q8_0')")
db.commit()
END
$PERBIT export out study.yaml -q
python3 - <<'END'
import csv, glob, json, os
files = {os.path.basename(f)[:-4]: list(csv.DictReader(open(f, newline=""))) for f in glob.glob("out/speed/*.csv")}
assert len(files) == 2 and "fedcba9876543210" in files, files.keys()
levels = {machine: [r["level"] for r in rows] for machine, rows in files.items()}
assert levels.pop("fedcba9876543210") == ["Q8_0"] * 2, levels
assert list(levels.values()) == [["BF16"] * 2 + ["Q4_K_M"] * 2], levels
for machine, rows in files.items():
    assert all(r["machine"] == machine and r["data"] == "SYNTHETIC" and float(r["avg_ts"]) > 0 for r in rows)
assert set(json.load(open("out/metadata.json"))["machines"]) == set(files)
END
