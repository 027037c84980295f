#!/usr/bin/env bash
# test_report.sh: report pages in headless Chromium, with no network: charts are drawn by Vega, tables sort
# and filter, hostile names do no harm, the console stays empty.
#
# Needs make_page (MAKE_PAGE, or built beside the tests) and Chromium; exit status 77 when one is missing.
# KEEP=DIR leaves the pages and a screenshot of each in DIR, for looking at.
set -uo pipefail

page_maker=${MAKE_PAGE:-${PERBIT_BUILD:-build}/tests/make_page}
browser=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then browser=$name; break; fi
done
if [ -z "$browser" ]; then echo "1..0 # SKIP no Chromium"; exit 77; fi
if [ ! -x "$page_maker" ]; then echo "1..0 # SKIP no $page_maker"; exit 77; fi

tmp=$(mktemp -d "${TMPDIR:-/tmp}/perbit-browser.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
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

browse() { # browse PAGE OPTION...: the console goes to $tmp/console
    local page=$1
    shift
    timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$tmp/profile" --host-resolver-rules="MAP * ~NOTFOUND" \
        --virtual-time-budget=10000 --enable-logging=stderr --v=0 "$@" "file://$page" 2>"$tmp/log"
    local status=$?
    grep 'CONSOLE' "$tmp/log" >"$tmp/console"
    return $status
}
dump() { browse "$tmp/$1" --dump-dom >"$tmp/dom"; }
has() { grep -qF -- "$1" "$tmp/dom"; }
count() { grep -oF -- "$1" "$tmp/dom" | wc -l; }
quiet() { if [ -s "$tmp/console" ]; then cat "$tmp/console"; return 1; fi; }

"$page_maker" "$tmp" >&2
check "pages are made" $?

dump full.html
check "full page opens" $?
quiet
check "full page: the console stays empty" $?
[ "$(count 'data-state="interactive"')" = 2 ]
check "both charts are interactive" $?
[ "$(count 'class="marks"')" = 2 ]
check "both are drawn by Vega, as SVG" $?
[ "$(count 'aria-roledescription="point"')" = $((88 + 77 + 88 + 88)) ]
check "every point of both charts is drawn, once" $?
has '>SYNTHETIC</text>' && has 'class="banner"' && has '<title>SYNTHETIC:'
check "synthetic is said in chart, banner and title" $?

for page in one plain hostile; do
    dump $page.html && quiet
    check "$page page opens, the console stays empty" $?
done
has '<title>SYNTHETIC: unharmed</title>' && [ "$(count '<img src="x"')" = 0 ]
check "markup in names is text" $?
[ "$(count 'data-state="interactive"')" = 1 ]
check "the chart of hostile names is interactive" $?

# The same pages with a script that acts like a reader and writes what it sees into the title.
act() { # act PAGE SCRIPT: the title is then in $tmp/dom
    sed "s|</body>||; s|</html>||" "$tmp/$1" >"$tmp/acted.html"
    printf '<script>%s</script></body></html>\n' "$2" >>"$tmp/acted.html"
    dump acted.html
}
# shellcheck disable=SC2016
act plain.html '
  var names = () => [...document.querySelectorAll("tbody tr")].filter(r => !r.hidden).map(r => r.cells[0].textContent).join("");
  var head = i => document.querySelectorAll("thead button")[i];
  var seen = [names()];
  head(0).click(); seen.push(names()); head(0).click(); seen.push(names());
  head(1).click(); seen.push(names()); head(1).click(); seen.push(names());
  document.title = seen.join(" ");'
has '<title>bac abc cba cba bca</title>' # 10 for b, 8 for c, none for a: a missing value is last both ways
check "tables sort, numbers as numbers, missing last" $?

# shellcheck disable=SC2016
act full.html '
  var box = document.querySelector(".table input");
  box.value = "0.6b q4 ; 4b bf16"; box.dispatchEvent(new Event("input"));
  document.title = [...document.querySelector("tbody").rows].filter(r => !r.hidden).map(r => r.cells[0].textContent + "/" + r.cells[1].textContent).join(" ");'
has '<title>Made-up-0.6B/Q4_K_M Made-up-0.6B/Q4_K_S Made-up-4B/BF16</title>'
check "tables filter" $?

# shellcheck disable=SC2016
act full.html '
  var figure = document.querySelector("figure");
  var pale = () => [...figure.querySelectorAll("[aria-roledescription=point]")].filter(p => p.getAttribute("opacity") < 0.5).length;
  var wait = setInterval(() => {
    if (figure.dataset.state !== "interactive") return;
    clearInterval(wait);
    var label = [...figure.querySelectorAll(".role-legend-label text, .role-legend-symbol path")].find(e => e.textContent === "Made-up-0.6B");
    label.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    setTimeout(() => { document.title = "pale " + pale(); }, 500);
  }, 50);'
has "<title>pale $((88 + 77 - 15))</title>"
check "a click in the legend singles out one model in both panels" $?

# Without scripts the SVG made by perbit stays.
sed 's|script-src [^;]*;||' "$tmp/full.html" >"$tmp/noscript.html"
dump noscript.html
[ "$(count 'data-state="interactive"')" = 0 ] && [ "$(count 'aria-roledescription="point"')" = $((88 + 77 + 88 + 88)) ]
check "without scripts the pictures stay" $?

if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP"
    for page in full one plain hostile; do
        browse "$tmp/$page.html" --window-size=1000,2900 --screenshot="$tmp/$page.shot.png"
        browse "$tmp/$page.html" --window-size=500,2400 --screenshot="$tmp/$page.phone.png"
    done
    cp "$tmp"/*.html "$tmp"/*.png "$tmp"/*.svg "$tmp"/*.pdf "$KEEP"
fi
echo "1..$n"
[ $n_failed = 0 ]
