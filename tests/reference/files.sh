#!/usr/bin/env bash
# Results and samples files against those that lm-evaluation-harness writes itself.
. "$(dirname "$0")/lib.sh"
export PERBIT=$PERBIT_BUILD/perbit
check lmeval_files "$PERBIT_PYTHON" "$here/files.py"
exit $status
