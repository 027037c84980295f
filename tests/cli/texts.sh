# section.tex, post.md and the charts of a report: everything there, the same twice, other margins
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
. "$PERBIT_SRC/tests/cli/made_tasks.sh.inc"
. "$PERBIT_SRC/tests/cli/awkward_study.sh.inc"
has() { grep -qF -- "$2" "$1" || { echo "$1 has no: $2"; exit 1; }; }
has_not() { if grep -qF -- "$2" "$1"; then echo "$1 must not say: $2"; exit 1; fi; }

# everything measured
$PERBIT run study.yaml -q
$PERBIT report full study.yaml >page
[ "$(cat page)" = full/index.html ]
(cd full && find . -type f | LC_ALL=C sort) >files
for chart in perplexity_bpw speed_size; do
    for file in "./$chart.svg" "./$chart.png" "./paper/$chart.pdf"; do has files "$file"; done
    has full/post.md "($chart.png)"
    has full/paper/section.tex "perbitdir/$chart.pdf"
done
head -c 4 full/paper/speed_size.pdf | grep -q '%PDF'
has full/post.md 'SYNTHETIC DATA: made up to test the program'
has full/paper/section.tex 'SYNTHETIC DATA: nothing here was measured'
has full/post.md '- Q2\_K costs more than 1 % of perplexity for each of the 2 models: from '
has full/paper/section.tex 'Q2\_K costs more than 1 \% of perplexity for each of the 2 models'
has full/post.md 'Tiny\_1 100% &amp; &lt;b&gt;\#1&lt;/b&gt; \{\$x^2\$\} \~\\Ünï\|模型\*'
has full/paper/section.tex 'Tiny\_1 100\% \& \textless{}b\textgreater{}\#1'
has full/post.md 'Do rankings at BF16 hold?'
has_not full/post.md '## What is missing'
python3 - <<'END'
import json
facts = json.load(open("full/texts.json"))
assert facts["synthetic"] is True and facts["n_models"] == "2" and len(facts["tables"]) == 9, len(facts["tables"])
for t in facts["tables"]:
    assert len(t["align"]) == len(t["head"]) and all(len(r["cells"]) == len(t["head"]) for r in t["rows"])
END

# the same store, the same texts
$PERBIT report again study.yaml >/dev/null
diff -r full again

# another margin, another composite: other verdicts, and the texts say which
$PERBIT report wide study.yaml --margin 50 >/dev/null
has wide/post.md '(1 % of perplexity, 50 points of a score)'
has wide/post.md 'cost nothing measurable in the composite score'
if $PERBIT report alone study.yaml --composite made,colours >out 2>&1; then echo 'a composite of a task that is not there'; exit 1; fi
