#!/usr/bin/env bash
# convert.sh [ROUNDS] [OUTTYPE...]: perbit convert against convert_hf_to_gguf.py on a model of SmolLM2-1.7B's shape, in turns.
#
# Wall time and peak memory of each (the largest process of each); ratio of medians. Both files must be equal. Input and
# output are on one disk, the input in the page cache after the first round. Wants 12 GB of disk; PYTHON_HF and
# LLAMA_TREE as tests/convert/agree.sh has them.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${PYTHON_HF:?names a Python with torch and transformers: docs/CONVERT.md}"
perbit=${PERBIT:-$PWD/build/release/perbit}
eval "$(tools/deps.sh --print)"
rounds=${1:-3}
shift || true
[ $# -gt 0 ] || set -- bf16 q8_0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${LLAMA_TREE:-}" ]; then
    file=$(awk '$1 == "sdist" && $2 == "llama-cpp-python" { print $5 }' deps.lock)
    tar -xzf "$(dirname "$PERBIT_DEPS")/downloads/$file" -C "$work" "${file%.tar.gz}/vendor/llama.cpp"
    LLAMA_TREE=$work/${file%.tar.gz}/vendor/llama.cpp
fi
"$PYTHON_HF" tests/convert/models.py "$LLAMA_TREE" "$PERBIT_MODEL" "$work" big
model=$work/SmolLM2-1.7B-Instruct
for outtype in "$@"; do
    python3 - "$rounds" "$outtype" "$model" "$work" "$perbit" "$PYTHON_HF" "$LLAMA_TREE/convert_hf_to_gguf.py" <<'EOF'
import filecmp, os, resource, statistics, subprocess, sys, time
rounds, outtype, model, work, perbit, python, reference = int(sys.argv[1]), *sys.argv[2:]
ours, theirs = f"{work}/own.gguf", f"{work}/ref.gguf"
commands = {
    "reference": [python, reference, model, "--outfile", theirs, "--outtype", outtype],
    "perbit": [perbit, "convert", model, ours, "--outtype", outtype, "--overwrite", "--quiet"],
}
WRAP = "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE); " \
       "sys.stderr.buffer.write(r.stderr if r.returncode else b''); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(r.returncode)"
wall, peak = {k: [] for k in commands}, {k: [] for k in commands}
for _ in range(rounds):
    for name, command in commands.items():
        start = time.monotonic()
        r = subprocess.run([sys.executable, "-c", WRAP] + command, stdout=subprocess.PIPE, text=True, check=True)
        wall[name].append(time.monotonic() - start)
        peak[name].append(int(r.stdout) / 1024)
assert filecmp.cmp(ours, theirs, shallow=False), "the files differ"
a, b = statistics.median(wall["reference"]), statistics.median(wall["perbit"])
print(f"{outtype}: reference {a:.2f} s, {max(peak['reference']):.0f} MiB; perbit {b:.2f} s, {max(peak['perbit']):.0f} MiB; "
      f"ratio {a / b:.1f} ({rounds} rounds, files equal)")
EOF
done
