#!/usr/bin/env bash
# The paper's section through pdflatex, alone and inside a paper, and its text as pdftotext reads it, against the store.
. "$(dirname "$0")/lib.sh"
export PERBIT=$PERBIT_BUILD/perbit
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
. "$PERBIT_SRC/tests/cli/awkward_study.sh.inc"
"$PERBIT" run study.yaml -q && "$PERBIT" report rep study.yaml -q >/dev/null || exit 1

# compile FOLDER FILE: twice, for the references; the log on a failure
compile() {
    (
        cd "$1" || exit 1
        for _ in 1 2; do
            pdflatex -interaction=nonstopmode -halt-on-error "$2.tex" >"$2.term" 2>&1 || { grep -A5 '^!' "$2.term" | sed 's/^/# /'; exit 1; }
        done
        ! grep -E 'undefined|Missing character' "$2.term"
    )
}
check "section.tex compiles by itself" compile rep/paper section
cat >paper.tex <<'TEX'
\documentclass[twocolumn]{article}
\usepackage[T1]{fontenc}
\usepackage{textcomp,booktabs,graphicx,xcolor,amsmath}
\newcommand{\perbitdir}{rep/paper}
\begin{document}
\section{Before}
Words of another author.
\input{rep/paper/section}
\section{After}
\end{document}
TEX
check "section.tex compiles inside a paper" compile . paper

# a study that was measured (it was not: the mark is taken off the copy of the store) has no mark anywhere
cp awkward.db real.db
python3 - <<'PY'
import sqlite3
db = sqlite3.connect("real.db")
db.execute("UPDATE cell SET synthetic = 0")
db.execute("UPDATE model SET synthetic = 0, info = replace(info, '\"is_synthetic\":true', '\"is_synthetic\":false')")
db.execute("UPDATE variant SET info = replace(info, '\"is_synthetic\":true', '\"is_synthetic\":false')")
db.commit()
PY
"$PERBIT" report real real.db -q >/dev/null
check "a study without the mark compiles" compile real/paper section
for pdf in rep/paper/*.pdf paper.pdf real/paper/section.pdf; do pdftotext -raw "$pdf" "${pdf%.pdf}.txt"; done

"$PERBIT" show study.yaml --json >levels.json
"$PERBIT" show tasks study.yaml --json >tasks.json
"$PERBIT_PYTHON" "$here/texts.py" || status=1
exit $status
