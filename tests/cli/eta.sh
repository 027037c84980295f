# the line of progress: no time to go for what was never timed; from the first line on when earlier runs of the store know
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/"n_params"/"delay_us_per_token":100,"n_params"/' tiny.gguf
sed -i 's/measures: .*/measures: [kl, memory]/; s/levels: .*/levels: [BF16, Q8_0]/' study.yaml
echo 'keep_files: no' >>study.yaml # one level after the other
sed 's/n_ctx: 128/n_ctx: 64/' study.yaml >short.yaml
cat >watch.py <<'END'
import os, pty, re, sys
screen = b""
def read(fd):
    global screen
    data = os.read(fd, 4096)
    screen += data
    return data
sys.stdout.flush()
status = pty.spawn([os.environ["PERBIT"], "run", sys.argv[1]], read)
assert os.waitstatus_to_exitcode(status) == 0, screen
lines = [l for l in re.split(r"[\r\n]", screen.decode().replace("\033[K", "")) if l.startswith("[") and "chunk" in l]
open(sys.argv[2], "w").write("\n".join(lines) + "\n")
END
export PERBIT
python3 watch.py study.yaml first.txt >screen.txt
head -1 first.txt | grep -q 'kl: .*, measuring$'
grep -q 'BF16 kl_self: .*, more than .* to go$' first.txt # of kl of Q8_0; memory was never timed
grep -q 'Q8_0 kl: .*, about .* to go$' first.txt
python3 watch.py short.yaml second.txt >screen.txt
head -1 second.txt | grep -q 'kl: .*, about .* to go$'
! grep -q 'measuring' second.txt
python3 -c '
import sqlite3
rows = sqlite3.connect("tiny.db").execute("SELECT c.kind, m.value FROM measure m JOIN cell c ON c.id = m.cell_id WHERE metric = \"cell_s\"").fetchall()
assert {k for k, v in rows} == {"quantize", "kl", "kl_self", "kl_runtime", "memory"} and all(v > 0 for k, v in rows), rows'
