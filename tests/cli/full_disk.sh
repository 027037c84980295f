# a full disk: one line, nothing half written; with space again a run goes on, to an undisturbed run's numbers
. "$PERBIT_SRC/tests/cli/disk.sh.inc"
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/measures: .*/measures: [kl]/' study.yaml
$PERBIT run study.yaml -q
$PERBIT show text study.yaml --output csv >want.csv
mv tiny.db whole.db
rm -r models

# files of levels
disk full 64k
fill full
fails 1 'needs 194 B for Q8_0, 0 B free' $PERBIT quantize tiny.gguf full Q8_0
[ "$(ls full)" = fill ]
sed 's,store: .*,store: levels.db,' study.yaml >levels.yaml
echo 'out_dir: full' >>levels.yaml
status=0
$PERBIT run levels.yaml -q 2>log || status=$?
[ $status = 3 ]
grep -q 'Q8_0 quantize failed: .*full: needs 194 B for Q8_0, 0 B free' log
[ "$(ls full)" = fill ]
rm full/fill
$PERBIT run levels.yaml 2>log
grep -q '4 cells measured.*0 failed, 4 were there already' log
$PERBIT show text levels.yaml --output csv | cmp - want.csv

# a logits file
rm full/*
fails 1 'full: the logits of 133 chunks need 4.92 MiB, 64.0 KiB free' $PERBIT perplexity tiny.gguf -f text.txt -c 128 --save_all_logits full/base.kld
[ -z "$(ls full)" ]

# the store, at several moments of a run; each goes on where the one before was stopped
sed -i 's,store: .*,store: full/tiny.db,' study.yaml
disk full 8k
fill full
fails 1 'No space left on device' $PERBIT run study.yaml -q
rm full/fill
for size in 40k 100k 160k 220k 280k; do
    disk full $size
    fails 1 'full/tiny.db: the disk is full' $PERBIT run study.yaml -q
    integrity full/tiny.db
done
disk full 20m
$PERBIT run study.yaml 2>log
grep -q ' 0 failed' log
grep -q ' 0 were there already' log && { cat log; exit 1; }
$PERBIT show text study.yaml --output csv | cmp - want.csv
umount full
rmdir full

# reports and exports: some disks are too small, on the last all of it is there
for command in 'report full/page' 'export full/out'; do
    n_failed=0
    for size in 4k 16k 64k 4m; do
        disk small-$size $size
        ln -sfn small-$size full
        status=0
        # shellcheck disable=SC2086
        $PERBIT $command whole.db >out 2>log || status=$?
        whole small-$size
        if [ $status != 0 ]; then
            fails 1 'No space left on device' $PERBIT $command whole.db
            n_failed=$((n_failed + 1))
        fi
    done
    [ $status = 0 ]
    [ $n_failed -ge 2 ] || { echo "$command: only $n_failed disks were too small"; exit 1; }
    umount small-*
done
fails 1 'standard output: cannot be written' sh -c "$PERBIT show whole.db >/dev/full"
