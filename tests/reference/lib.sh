# What the scripts of this folder have in common; sourced. PERBIT_SRC, PERBIT_BUILD and PERBIT_SHARED are set by ctest.
set -uo pipefail
: "${PERBIT_SRC:?}" "${PERBIT_BUILD:?}" "${PERBIT_SHARED:?names the folder with data/ and golden/}"
PERBIT_PYTHON=${PERBIT_PYTHON:-$("$PERBIT_SRC/tools/deps.sh" --venv)} || exit 1
export PERBIT_PYTHON PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1
here=$PERBIT_SRC/tests/reference
status=0

# check NAME COMMAND...: one case
check() {
    local name=$1
    shift
    if "$@"; then echo "ok - $name"; else
        echo "not ok - $name"
        status=1
    fi
}

# A file of this folder goes before the library's module of its name, in every script that runs here.
"$PERBIT_PYTHON" - "$here" <<'END' || exit 1
import pathlib, sys
taken = [p.name for p in pathlib.Path(sys.argv[1]).glob("*.py") if p.stem in sys.stdlib_module_names]
sys.exit(f"names of Python's own modules: {taken}" if taken else 0)
END
