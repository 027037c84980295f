# perbit help --man: every command and option is in it, and man reads it without a warning
$PERBIT help --man >perbit.1
for command in $($PERBIT help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    grep -q "^\.B $command " perbit.1 || { echo "no command $command"; exit 1; }
    $PERBIT help $command | grep -oE -- '--[^ ]*' | sed 's/\[no-\]//; s/-/\\-/g'
done | sort -u >options
[ "$(wc -l <options)" -gt 30 ]
sed 's/\[no\\-\]//' perbit.1 >plain
while read -r option; do grep -qF -- "$option" plain || { echo "no option $option"; exit 1; }; done <options
if man --version >/dev/null 2>&1; then
    MANWIDTH=80 man --warnings -l perbit.1 >page 2>warnings
    cat warnings
    [ ! -s warnings ]
    grep -q 'KL divergence' page
    grep -qE -- '-ngl, --n_gpu_layers N' page
fi
