#!/usr/bin/env bash
# Predicted against measured memory of two shapes: full attention, and a sliding window, where most layers keep few tokens.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/perbit-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

for arch in llama gemma3; do
    "$PERBIT_BUILD/tests/mkmodel" "$PERBIT_TEST_MODEL" $arch.gguf $arch 12 512 8 4 1024
    "$PERBIT" memory $arch.gguf --memory_ctx 8192 --store $arch.db -q --json >$arch.json
done
python3 - <<'END'
import json, sqlite3
kv = {}
for arch in ("llama", "gemma3"):
    row = json.load(open(f"{arch}.json"))[0]
    db = sqlite3.connect(f"{arch}.db")
    kv[arch] = db.execute("SELECT value FROM measure WHERE metric = 'pred_kv'").fetchone()[0]
    ratio = row["predicted_gb"] / row["peak_gb"]
    print(f"# {arch}: predicted {row['predicted_gb']:.4f} GB, measured {row['peak_gb']:.4f} GB, ratio {ratio:.3f}; KV {kv[arch] / 2**20:.1f} MiB")
    print("ok -" if 0.95 < ratio < 1.05 else "not ok -", arch, "predicted within 5 %")
full = 12 * 2 * 2 * 256 * 8192  # layers, K and V, f16, KV heads times their width, tokens
window = 512 + 512              # n_ubatch beside the window, as the engine allots
sliding = 2 * (full // 12) + 10 * (full // 12) * window // 8192
for arch, wanted in (("llama", full), ("gemma3", sliding)):
    print("ok -" if abs(kv[arch] / wanted - 1) < 0.01 else f"not ok - wanted {wanted}, is {kv[arch]}:", arch, "KV cache")
END
