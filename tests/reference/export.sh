#!/usr/bin/env bash
# The exported data set, read by others: Parquet by pyarrow and by datasets as the Hub does, records by jsonschema.
. "$(dirname "$0")/lib.sh"
export PERBIT=$PERBIT_BUILD/perbit
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
. "$PERBIT_SRC/tests/cli/awkward_study.sh.inc"
"$PERBIT" run study.yaml -q && "$PERBIT" export out study.yaml -q || exit 1
"$PERBIT_PYTHON" "$here/export.py" out awkward.db || status=1
exit $status
