#!/usr/bin/env bash
# check_layers.sh [SRC]: who includes whom in src/. Names each line that breaks a rule; exit 1 if any.
#
#   cli -> study -> { tasks engine convert data machine store stats report hub } -> core -> base
#
# A folder includes itself and what its row below names. Foreign headers stay where they belong:
# tests/tools/test_check_layers.sh breaks every rule once and looks for the complaint.
set -euo pipefail
export LC_ALL=C
src=${1:-$(cd "$(dirname "$0")/.." && pwd)/src}
cd "$src"

find . -type f \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print | sed 's|^\./||' | sort |
    xargs -r awk '
    BEGIN {
        siblings = "tasks engine convert data machine store stats report hub"
        edges["base"] = ""
        edges["core"] = "base"
        n = split(siblings, s, " ")
        for (i = 1; i <= n; i++) edges[s[i]] = "core base"
        edges["study"] = siblings " core base"
        edges["cli"] = "study " siblings " core base"
        for (f in edges) {
            k = split(edges[f], dest, " ")
            may[f, f] = 1
            for (i = 1; i <= k; i++) may[f, dest[i]] = 1
        }
        # foreign header (pattern of the name as written) -> files that may include it, and how to say it
        rule("^(llama|llama-cpp|ggml[a-z0-9_-]*|gguf)\\.h$", "^engine/[a-z0-9_]*_llama\\.(c|cpp)$", "engine/*_llama.c")
        rule("^(jinja/|nlohmann/|chat\\.h$|common\\.h$)", "\\.cpp$", "a C++ shim (*.cpp)")
        rule("^sqlite3\\.h$", "^store/", "store/")
        rule("^curl/", "^hub/", "hub/")
        rule("^(quickjs\\.h$|librsvg/|cairo)", "^report/", "report/")
        rule("^microhttpd\\.h$", "^report/httpd\\.c$", "report/httpd.c")
        rule("^carquet/", "^data/", "data/")
        rule("^yaml\\.h$", "^base/", "base/")
        rule("^pcre2\\.h$", "^base/", "base/")
        rule("^utf8proc\\.h$", "^base/", "base/")
        rule("^openssl/", "^base/", "base/")
        rule("^hwloc", "^machine/", "machine/")
    }
    function rule(header, where, say) {
        rules++
        r_header[rules] = header; r_where[rules] = where; r_say[rules] = say
    }
    function bad(text) { print "src/" FILENAME ":" FNR ": " text; failed = 1 }
    FNR == 1 {
        folder = FILENAME
        sub("/.*", "", folder)
        if (folder == FILENAME) bad("a file outside the folders")
        else if (!(folder in edges)) bad("folder " folder " is not in the edge table of check_layers.sh")
    }
    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
        name = $0
        sub(/^[^"<]*["<]/, "", name)
        quoted = $0 ~ /include[ \t]*"/
        sub(/[">].*/, "", name)
        for (i = 1; i <= rules; i++)
            if (name ~ r_header[i]) {
                if (FILENAME !~ r_where[i]) bad("<" name "> belongs in " r_say[i] " only")
                next
            }
        to = name
        sub("/.*", "", to)
        if (name ~ /\.\./) bad("\"" name "\": write folder/file.h")
        else if (quoted && to == name && (folder in edges)) bad("\"" name "\": write \"folder/file.h\"")
        else if (to in edges && !((folder, to) in may)) bad(folder " must not include " to " (\"" name "\")")
    }
    END { exit failed }
' || exit 1
echo "layers: ok"
