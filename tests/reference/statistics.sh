#!/usr/bin/env bash
# Statistics against scipy and statsmodels (McNemar, tau-b, Wilson, Clopper-Pearson, Holm, paired t, Student's t) and the
# joint bootstrap against numpy on the same drawn questions.
. "$(dirname "$0")/lib.sh"
check statistics "$PERBIT_PYTHON" "$here/stat_figures.py"
exit $status
