#!/usr/bin/env bash
# Requests and measures of tasks: all golden ones, and those of lm-evaluation-harness's YAML tasks on rows made for them.
. "$(dirname "$0")/lib.sh"
check golden "$PERBIT_SRC/tools/golden.sh" "$PERBIT_BUILD/tests/requests"
check other_tasks "$PERBIT_PYTHON" "$here/agree.py" --requests "$PERBIT_BUILD/tests/requests" --per_folder 4
exit $status
