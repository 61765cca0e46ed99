# Captures streams of the lab's smallest guests, as stock xl writes them, into captured/: save files, and both directions of
# live migrations (stream-format/testdata/README.md says what became of them).
#   npm run lab -- run packages/test-harness/src/lab/capture.sh packages/test-harness/src/lab/matrix/cells.sh --xen built --results FOLDER
. ./cells.sh
# Not in the share: 9p takes no page of another guest.
there=/tmp/captured
mkdir $there

# capture GUEST: saves it, restores it, migrates it live.
capture() {
  fresh "$1" || { echo "@capture $1 failed: it did not start"; return; }
  $stock save "$1" "$there/$1.save" && $stock restore "$there/$1.save" && check "$1" &&
    $stock migrate -s "" "$1" "tee $there/$1.wire | $stock migrate-receive | tee $there/$1.back" &&
    check "$1" && echo "@capture $1 ok"
  tail -n 2 "$(console "$1")"
  destroy_all
}

for guest in tiny-pv32 tiny-pv64 tiny-pvh; do
  configure $guest
  capture $guest
done
$stock info | grep -E 'xen_(major|minor|extra)' >$there/xen
gzip -9 $there/*.save $there/*.wire
ls -l $there
cp -r $there captured
