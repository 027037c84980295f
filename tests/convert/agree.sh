#!/usr/bin/env bash
# agree.sh [NAME...]: perbit convert against convert_hf_to_gguf.py of the pinned llama.cpp (make convert-agree).
#
#   PYTHON_HF    a Python with torch, transformers 4.57.6, sentencepiece, protobuf 5 or later and gguf: what the
#                reference needs, some gigabytes, so nothing installs it by itself (docs/CONVERT.md has the line)
#   LLAMA_TREE   the pinned tree; unset: unpacked from the source archive that tools/deps.sh keeps
#
# Models with random weights, one a family, are made anew; TAP lines on stdout, exit status 1 when something differs.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${PYTHON_HF:?names a Python with torch and transformers: docs/CONVERT.md}"
"$PYTHON_HF" -c 'import torch, transformers, sentencepiece, gguf; from google.protobuf import runtime_version' ||
    { echo "agree.sh: $PYTHON_HF lacks a package: docs/CONVERT.md" >&2; exit 1; }
eval "$(tools/deps.sh --print)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${LLAMA_TREE:-}" ]; then
    file=$(awk '$1 == "sdist" && $2 == "llama-cpp-python" { print $5 }' deps.lock)
    tar -xzf "$(dirname "$PERBIT_DEPS")/downloads/$file" -C "$work" "${file%.tar.gz}/vendor/llama.cpp"
    LLAMA_TREE=$work/${file%.tar.gz}/vendor/llama.cpp
fi
"$PYTHON_HF" tests/convert/models.py "$LLAMA_TREE" "$PERBIT_MODEL" "$work/models" >&2
"$PYTHON_HF" tests/convert/agree.py "$LLAMA_TREE" "$work/models" build/release/perbit build/release/tests/token_lines \
    "$work/out" "$@"
