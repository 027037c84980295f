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
