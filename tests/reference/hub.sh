#!/usr/bin/env bash
# The hub as huggingface_hub sees it: each finds what the other loaded, both at once load once, and both send the same.
. "$(dirname "$0")/lib.sh"
unset HF_HUB_OFFLINE
export PERBIT=$PERBIT_BUILD/perbit
"$PERBIT_PYTHON" "$here/hub.py" || status=1
exit $status
