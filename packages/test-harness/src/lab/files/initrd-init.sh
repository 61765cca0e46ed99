#!/bin/busybox sh
# Reaches dom0's root disk and hands over to the init on it.
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
for module in $(/bin/busybox cat /modules/order); do
  /bin/busybox insmod "/modules/$module" || echo "LAB: $module could not be loaded"
done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do
  /bin/busybox sleep 0.1
  tries=$((tries + 1))
done
/bin/busybox mount -t ext4 /dev/vda /newroot || exec /bin/busybox sh
exec /bin/busybox switch_root /newroot /lab/init
