#!/usr/bin/env bash
# check_headers.sh [SRC]: every header of src/ compiles alone, and its include guard is named after its path.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
src=$(cd "${1:-$root/src}" && pwd)
eval "$("$root/tools/deps.sh" --print)"
pc=$(pkg-config --cflags librsvg-2.0 2>/dev/null | sed 's/-I/-isystem /g')
export src pc PERBIT_DEPS PERBIT_ENGINE

check_one() {
    local h=$1 guard ok=0
    # shellcheck disable=SC2086
    echo 'extern int nothing;' | gcc -std=c17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -I"$src" \
        -isystem "$PERBIT_DEPS/include" -isystem "$PERBIT_ENGINE/include" $pc \
        -include "$src/$h" -x c - || { echo "src/$h:1: does not compile alone"; ok=1; }
    guard=PERBIT_$(echo "${h%.h}" | tr 'a-z/-' 'A-Z__')_H
    grep -q "^#ifndef $guard\$" "$src/$h" || { echo "src/$h:1: include guard should be $guard"; ok=1; }
    return $ok
}
export -f check_one

(cd "$src" && find . -name '*.h' | sed 's|^\./||' | sort) |
    xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -I{} bash -c 'check_one {}' || exit 1
echo "headers: ok"
