#!/usr/bin/env bash
# run.sh: texts of templates and chats against Python's, and requests and measures of whole tasks against lm_eval's.
# PERBIT_PYTHON is a Python with lm_eval 0.4.13 and its Jinja2, PERBIT_BUILD a build folder with tests/render_lines and
# tests/requests, PERBIT_ENGINE_SHARE the engine's share folder (templates/).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${PERBIT_PYTHON:?a Python with lm_eval 0.4.13}" "${PERBIT_BUILD:?a build folder}" "${PERBIT_ENGINE_SHARE:?}"
program=$PERBIT_BUILD/tests/render_lines
export PYTHONDONTWRITEBYTECODE=1
status=0
"$PERBIT_PYTHON" "$here/templates.py" "$program" || status=1
"$PERBIT_PYTHON" "$here/chats.py" "$program" "$PERBIT_ENGINE_SHARE/templates" || status=1
"$PERBIT_PYTHON" "$here/expressions.py" "$program" 10000 || status=1
"$PERBIT_PYTHON" "$here/agree.py" --requests "$PERBIT_BUILD/tests/requests" --per_folder 4 || status=1
exit $status
