#!/usr/bin/env bash
# dashboard.sh: the dashboard in headless Chromium: filters, sorting, columns, comparison, advice, downloads, address, keyboard;
# at 1280 and 390 pixels, light and dark. The console must stay empty, and nothing but the file be asked for.
#
# Needs make_dashboard and Chromium; exit status 77 when one is missing.
# Pictures of what was seen are left in KEEP=DIR, or in PERBIT_BUILD/dashboard.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
maker=${MAKE_DASHBOARD:-${PERBIT_BUILD:-build/release}/tests/make_dashboard}
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    { echo "1..0 # SKIP no Chromium"; exit 77; }
[ -x "$maker" ] || { echo "1..0 # SKIP no $maker"; exit 77; }
keep=${KEEP:-${PERBIT_BUILD:-build/release}/dashboard}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/perbit-dashboard.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
"$maker" "$tmp" || exit 1
mkdir -p "$keep"
PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 python3 "$here/dashboard.py" "$tmp" "$keep"
