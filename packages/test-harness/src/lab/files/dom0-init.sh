#!/bin/sh
# Dom0's first process: brings Xen's daemons up, then carries out what the machine outside asks for.
#
# A virtio port leads out, with lines: "run FOLDER" in; "up", "done STATUS" out. FOLDER is below /lab/share, which is a
# folder of the machine outside; what its script prints goes to the file `output` there.
export PATH=/lab/bin:/usr/lib/xen-4.17/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /run/xen /run/xenstored /run/lock /run/sshd /var/lib/xen /var/log/xen/console
for module in $(cat /lab/modules/order); do
  insmod "/lab/modules/$module" || echo "LAB: $module could not be loaded"
done
mount -t xenfs xenfs /proc/xen
sed -n 's/.*lab\.name=\([^ ]*\).*/\1/p' /proc/cmdline >/proc/sys/kernel/hostname
ip link set lo up
address=$(sed -n 's/.*lab\.address=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -n "$address" ]; then
  ip address add "$address/24" dev eth0
  ip link set eth0 up
fi
mkdir -p /lab/share
mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072,cache=none share /lab/share
# What ssh finds on the path of another host: our xl.
mkdir -p /usr/local/bin
ln -sf /lab/bin/node /lab/xen-migration/bin/xl /usr/local/bin/
if [ -n "$address" ]; then
  mkdir -p -m 700 /root/.ssh
  (cd /lab/share/ssh && cp key /root/.ssh/id_ed25519 && cp key.pub /root/.ssh/authorized_keys && cp known_hosts /root/.ssh/)
  cp /lab/share/ssh/key /etc/ssh/ssh_host_ed25519_key
  chmod 600 /root/.ssh/* /etc/ssh/ssh_host_ed25519_key
  # Its configuration file is made when the package is installed, and here it is only unpacked.
  /usr/sbin/sshd -f /dev/null -h /etc/ssh/ssh_host_ed25519_key -o UsePAM=no \
    -o 'Subsystem=sftp /usr/lib/openssh/sftp-server' -o SetEnv=PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
fi

# Our packages, when they have changed. Unpacked here: many small files are slow to read from outside.
unpack() {
  [ -d /lab/xen-migration ] && [ ! /lab/share/xen-migration.tar -nt /lab/xen-migration ] && return
  rm -rf /lab/xen-migration
  mkdir /lab/xen-migration
  tar -x -m -C /lab/xen-migration -f /lab/share/xen-migration.tar
  touch -r /lab/share/xen-migration.tar /lab/xen-migration
}

xenstored --pid-file /run/xenstored.pid
tries=0
until xenstore-exists / || [ $tries -gt 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
xen-init-dom0
xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=/var/log/xen/console

# The guests' work must not keep dom0 from its own.
xl sched-credit2 -d 0 -w 4096

for port in /sys/class/virtio-ports/*; do
  [ "$(cat "$port/name")" = lab.control ] && control=/dev/$(basename "$port")
done

# A root shell on the console.
(while :; do setsid sh -c 'exec sh -i </dev/hvc0 >/dev/hvc0 2>&1'; sleep 1; done) &

unpack
exec 3<>"$control"
echo "up $(cut -d' ' -f1 /proc/uptime)" >&3
while :; do
  # It ends when nobody is at the other side.
  if ! read -r verb folder <&3; then
    sleep 0.2
    continue
  fi
  [ "$verb" = run ] || continue
  unpack
  cd "/lab/share/$folder" || { echo "done 127" >&3; continue; }
  sh ./script </dev/null >output 2>&1
  status=$?
  cp -r /var/log/xen log 2>/dev/null
  sync
  echo "done $status" >&3
  cd /
done
