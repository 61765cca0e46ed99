#!/bin/busybox sh
# A guest that checks itself: files of known content in memory, each checked and written anew in turn, with a count that
# must go on. What it prints ends up in xenconsoled's log.
#   selfcheck.files=N  how many files of 64 KiB (16)        selfcheck.pause=S  seconds between two (1)
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev
$bb mkdir -p /data
$bb mount -t tmpfs data /data
option() { $bb sed -n "s/.*selfcheck\.$1=\([0-9.]*\).*/\1/p" /proc/cmdline; }
files=$(option files); files=${files:-16}
pause=$(option pause); pause=${pause:-1}
write() { $bb dd if=/dev/urandom of=/data/$1 bs=64k count=1 conv=notrunc 2>/dev/null; $bb sha256sum /data/$1 >/data/$1.sum; }
n=0
while [ $n -lt "$files" ]; do write $n; n=$((n + 1)); done
echo "selfcheck: begins with $files files" >/dev/console
count=0
lost=0
while :; do
  count=$((count + 1))
  n=$((count % files))
  $bb sha256sum -c /data/$n.sum >/dev/null 2>&1 || lost=$((lost + 1))
  write $n
  echo "selfcheck: count $count, $lost lost" >/dev/console
  $bb sleep "$pause"
done
