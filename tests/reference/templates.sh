#!/usr/bin/env bash
# Texts of templates against Python's Jinja2: those of lm-evaluation-harness's task files, the chat templates of the
# engine's tree as transformers renders them, and random expressions.
. "$(dirname "$0")/lib.sh"
eval "$("$PERBIT_SRC/tools/deps.sh" --print)"
program=$PERBIT_BUILD/tests/render_lines
check task_templates "$PERBIT_PYTHON" "$here/templates.py" "$program"
check chat_templates "$PERBIT_PYTHON" "$here/chats.py" "$program" "$PERBIT_ENGINE/share/templates"
check random_templates "$PERBIT_PYTHON" "$here/expressions.py" "$program" 10000
exit $status
