#!/usr/bin/env bash
# program_page.sh: the page that `perbit report` itself makes, of a store of fake models, in headless Chromium with no
# network: it says SYNTHETIC, its charts come alive, the console stays empty and nothing beside the file is asked for.
set -uo pipefail

browser=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then browser=$name; break; fi
done
if [ -z "$browser" ]; then echo "1..0 # SKIP no Chromium"; exit 77; fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/perbit-browser.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0 n_failed=0
check() { # check NAME STATUS
    n=$((n + 1))
    if [ "$2" = 0 ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        n_failed=$((n_failed + 1))
    fi
}

# shellcheck disable=SC1091
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed 's/"name":"tiny"/"name":"A <b>bold<\/b> \& \\"quoted\\" model"/; s/"seed":7/"seed":8/' tiny.gguf >bold.gguf
sed -i 's/models: .*/models: [tiny.gguf, bold.gguf]/' study.yaml
"$PERBIT" run study.yaml -q && page=$("$PERBIT" report page study.yaml)
check "a page is made" $?

# open PAGE: the page as drawn is then in dom, the console in console, and what the page asked the network for in
# asked. (The browser's own requests have no origin.)
open_page() {
    timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$tmp/profile" \
        --host-resolver-rules="MAP * ~NOTFOUND" --disable-background-networking --disable-component-update \
        --disable-sync --no-first-run --virtual-time-budget=10000 --enable-logging=stderr --v=0 \
        --log-net-log="$tmp/net.json" --dump-dom "file://$tmp/$1" >dom 2>log || return 1
    grep CONSOLE log >console
    python3 - "$tmp/net.json" >asked <<'END'
import json, sys
text = open(sys.argv[1]).read()
try:
    log = json.loads(text)
except ValueError: # the browser ended before the last line
    log = json.loads(text.rstrip().rstrip(",") + "]}")
assert len(log["events"]) > 10
requests = [e["params"] for e in log["events"] if "initiator" in e.get("params", {})]
print("\n".join(r["url"] for r in requests if r["initiator"] != "not an origin"), end="")
END
}

open_page "$page"
check "it opens" $?
cat console
[ ! -s console ]
check "the console stays empty" $?
[ "$(grep -oF 'data-state="interactive"' dom | wc -l)" = 2 ]
check "both charts come alive" $?
grep -qF '<title>SYNTHETIC' dom && grep -qF 'class="banner"' dom && [ "$(grep -oF '>SYNTHETIC</text>' dom | wc -l)" -ge 2 ]
check "title, banner and both charts say SYNTHETIC" $?
grep -qF 'A &lt;b&gt;bold&lt;/b&gt; &amp; "quoted" model' dom && ! grep -qF '<b>bold</b>' dom
check "markup in a model's name is text" $?

cat asked
[ ! -s asked ]
check "the network is asked for nothing" $?
# nor a file beside it, which the log of the network would not show
python3 - "$page" <<'END'
import html.parser, sys
class Parser(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "srcset", "data", "poster") or (name in ("href", "xlink:href") and tag not in ("a", "base")):
                assert value[:5] == "data:" or value[:1] == "#", (tag, name, value[:100])
Parser().feed(open(sys.argv[1], encoding="utf-8").read())
END
check "no part of the page is another file" $?

# and the checks can fail: the same page with an image from elsewhere
sed 's|<meta http-equiv="Content-Security-Policy"[^>]*>||; s|<body>|<body><img src="http://example.invalid/x.png">|' \
    "$page" >elsewhere.html
open_page elsewhere.html && grep -q '^http://example.invalid/x.png' asked
check "a page that asks is found out" $?
echo "1..$n"
[ $n_failed = 0 ]
