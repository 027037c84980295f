# a disk that cannot be written: one line from each command that wants to; a store on it can still be read
. "$PERBIT_SRC/tests/cli/disk.sh.inc"
. "$PERBIT_SRC/tests/cli/fake_model.sh.inc"
sed -i 's/measures: .*/measures: [kl]/' study.yaml
$PERBIT run study.yaml -q
mv tiny.db whole.db
rm -r models
disk 'ro #1?%' 8m
ln -s 'ro #1?%' ro
cp whole.db ro/whole.db
$PERBIT show text ro/whole.db --output csv >want.csv
# two that a killed run left, with what it wrote last in the -wal file; one has lost the index of that file
for name in killed lost; do
    cp whole.db ro/$name.db
    python3 -c '
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA journal_mode = WAL")
db.execute("UPDATE model SET name = ?", ("renamed",))
db.commit()
os._exit(0)' ro/$name.db
    [ -s ro/$name.db-wal ]
done
rm ro/lost.db-shm
read_only 'ro #1?%'

reason='Read-only file system'
fails 1 "ro: cannot write here: $reason" $PERBIT quantize tiny.gguf ro Q8_0
fails 1 "ro/new: $reason" $PERBIT quantize tiny.gguf ro/new Q8_0
fails 1 "ro/accuracy_size.svg: $reason" $PERBIT report ro whole.db
fails 1 "ro/results: $reason" $PERBIT export ro whole.db
fails 1 "$reason" $PERBIT perplexity tiny.gguf -f text.txt -c 128 --save_all_logits ro/base.kld
fails 1 "ro/new.db: cannot be written: $reason" $PERBIT perplexity tiny.gguf -f text.txt -c 128 --store ro/new.db
fails 1 "ro/whole.db: cannot be written: $reason" $PERBIT perplexity tiny.gguf -f text.txt -c 128 --store ro/whole.db

$PERBIT show text 'ro #1?%/whole.db' --output csv | cmp - want.csv
$PERBIT report page ro/whole.db >out
$PERBIT show ro/killed.db | grep -q renamed
fails 1 'ro/lost.db: cannot be read' $PERBIT show ro/lost.db

# a study whose levels cannot be made: rows with the reason, and the others measured
echo 'out_dir: ro' >>study.yaml
status=0
$PERBIT run study.yaml -q 2>log || status=$?
[ $status = 3 ]
[ "$(grep -c "ro: cannot write here: $reason" log)" = 4 ]
$PERBIT show cells study.yaml --output csv | grep -c ',done,' | grep -qx 4
