#!/usr/bin/env bash
# check_text.sh: no file of the repository names somebody's folders or a package registry's host.
# Registries are reached by their own clients, by package name; where they are is the user's business.
set -euo pipefail
cd "$(dirname "$0")/.."
home='(^|[^[:alnum:]_./@-])/(home/[a-z]|root/|Users/[A-Z]|work(space)?/|mnt/[a-z]+/)'
host='//(registry|index|files|packages|deb|security|proxy|mirrors?)\.[a-z]|pypi\.[a-z]|npmjs\.[a-z]|pythonhosted\.[a-z]'
# everything git would commit, tracked or not yet
found=$(git ls-files -z --cached --others --exclude-standard -- ':!tools/check_text.sh' |
    xargs -0 -r grep -nIE "$home|$host" -- 2>/dev/null || true)
if [ -n "$found" ]; then
    echo "$found" | cut -c1-200
    echo "text: the lines above name a private folder or a registry's host"
    exit 1
fi
echo "text: ok"
