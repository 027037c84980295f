#!/usr/bin/env bash
# tools/check_layers.sh accepts a clean tree and names every kind of violation by file and line.
set -u
check=$(cd "$(dirname "$0")/../.." && pwd)/tools/check_layers.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# expect NAME STATUS TEXT: runs the checker on $dir/src
expect() {
    local out status
    out=$(bash "$check" "$dir/src" 2>&1)
    status=$?
    if [ $status = "$2" ] && [[ $out == *"$3"* ]]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "# status $status, said: $out"
        bad=1
    fi
}

clean() {
    rm -rf "$dir/src"
    mkdir -p "$dir"/src/{base,core,data,tasks,engine,convert,machine,store,stats,report,hub,study,cli}
    printf '#include <stdio.h>\n#include "base/err.h"\n' >"$dir/src/base/err.c"
    printf '#include "core/item.h"\n#include "base/err.h"\n' >"$dir/src/core/item.c"
    printf '#include "core/item.h"\n#include <llama.h>\n#include "ggml-cpu.h"\n' >"$dir/src/engine/backend_llama.c"
    printf '#include <sqlite3.h>\n#include "store/put.h"\n' >"$dir/src/store/put.c"
    printf '#include "tasks/task.h"\n#include "engine/scorer.h"\n' >"$dir/src/study/eval.c"
    printf '#include "study/eval.h"\n' >"$dir/src/cli/main.c"
    printf '#include "jinja/runtime.h"\n' >"$dir/src/tasks/jinja.cpp"
}

# breaks NAME FILE LINE TEXT: the clean tree with one more file
breaks() {
    clean
    mkdir -p "$dir/src/$(dirname "$2")"
    printf '/* one */\n%s\n' "$3" >"$dir/src/$2"
    expect "$1" 1 "src/$2:2: $4"
}

clean
expect "clean tree" 0 "layers: ok"
breaks "upward include" base/a.c '#include "core/item.h"' "base must not include core"
breaks "core does not know tasks" core/a.h '#  include "tasks/task.h"' "core must not include tasks"
breaks "siblings" tasks/a.c '#include "engine/scorer.h"' "tasks must not include engine"
breaks "no engine in convert" convert/a.c '#include "engine/modelfile_gguf.h"' "convert must not include engine"
breaks "gguf.h in convert" convert/a_llama.c '#include "gguf.h"' "<gguf.h> belongs in"
breaks "siblings in a subfolder" report/sub/a.c '#include "store/query.h"' "report must not include store"
breaks "study does not know cli" study/a.c '#include "cli/print.h"' "study must not include cli"
breaks "llama.h elsewhere in engine" engine/scorer.c '#include <llama.h>' "<llama.h> belongs in engine/*_llama.c only"
breaks "ggml.h outside engine" study/a.c '#include "ggml-backend.h"' "<ggml-backend.h> belongs in"
breaks "gguf.h in a header" engine/model_llama.h '#include "gguf.h"' "<gguf.h> belongs in"
breaks "sqlite3.h" study/a.c '#include <sqlite3.h>' "<sqlite3.h> belongs in store/"
breaks "curl" study/a.c '#include <curl/curl.h>' "<curl/curl.h> belongs in hub/"
breaks "quickjs" study/a.c '#include <quickjs.h>' "<quickjs.h> belongs in report/"
breaks "microhttpd" report/html.c '#include <microhttpd.h>' "<microhttpd.h> belongs in report/httpd.c only"
breaks "librsvg" cli/a.c '#include <librsvg/rsvg.h>' "<librsvg/rsvg.h> belongs in report/"
breaks "jinja in C" tasks/a.c '#include "jinja/lexer.h"' "<jinja/lexer.h> belongs in a C++ shim"
breaks "path without folder" base/a.c '#include "err.h"' '"err.h": write "folder/file.h"'
breaks "path upwards" base/a.c '#include "../core/item.h"' '"../core/item.h": write folder/file.h'
clean
mkdir "$dir/src/accel"
echo >"$dir/src/accel/a.c"
expect "unknown folder" 1 "src/accel/a.c:1: folder accel is not in the edge table"
exit $bad
