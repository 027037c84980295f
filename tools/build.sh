#!/usr/bin/env bash
# build.sh PRESET [TARGET...]: configures build/PRESET when needed, and builds. tools/deps.sh has run.
#
# It configures again when deps.sh names other folders than last time (a new lock line, compiler or
# PERBIT_ENGINE_CMAKE) or what tests need has come; everything else CMake notices by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
dir=build/$preset
deps=$(tools/deps.sh --print; pkg-config --modversion cmocka 2>/dev/null || true; command -v valgrind || true)
if [ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/.deps" 2>/dev/null)" != "$deps" ]; then
    mkdir -p "$dir"
    cmake --preset "$preset" >"$dir/configure.log" 2>&1 || { cat "$dir/configure.log" >&2; exit 1; }
    echo "$deps" >"$dir/.deps"
fi
exec cmake --build "$dir" ${PERBIT_JOBS:+--parallel "$PERBIT_JOBS"} ${1:+--target "$@"}
