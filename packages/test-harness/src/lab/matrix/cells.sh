# What the matrix does in dom0, as functions. Each line that begins with @ is for the report (report.ts):
#   @figure GUEST NAME SECONDS     @downtime GUEST NAME SECONDS     @cell GUEST CELL ok     @cell GUEST CELL failed WHY
# Where our packages and the guests' kernels are: in the lab's dom0, or where here.ts says.
modules=${XEN_MATRIX_PACKAGES:-/lab/xen-migration/node_modules/@xen-migration}
linux=${XEN_MATRIX_GUESTS:-/lab/guests}
kernels=${XEN_MATRIX_GUESTS:-/lab/share/guests}
ours=$modules/xl-cli/bin/xl.js
stock=/usr/sbin/xl
# Seconds for one command: what takes longer hangs.
patience=300
verifier=$(ls /usr/lib/xen*/bin/verify-stream-v2 | head -n 1)
export PYTHONPATH=${verifier%/bin/verify-stream-v2}/lib/python

now() { cut -d' ' -f1 /proc/uptime; }
# A guest that was received has another name, and with it another log, until it runs.
console() { ls -t /var/log/xen/console/guest-"$1"*.log 2>/dev/null | head -n 1; }
lines() { grep -c . "$(console "$1")" 2>/dev/null; }

# A configuration file for a guest that checks its own memory: Linux (files/guest-init.sh), or, where no Linux of today
# runs and where it is to be small, the kernels of guest-kernel/.
configure() {
  {
    echo "name=\"$1\""
    case $1 in
      pv64)
        linux
        printf 'type="pv"\nvcpus=2\nextra="console=hvc0 quiet"\n'
        ;;
      pvh | hvm)
        linux
        # Emulated, rdtscp is fatal to these.
        printf 'type="%s"\nextra="console=hvc0 quiet nordtscp clearcpuid=rdtscp,rdpid noxsave"\n' "$1"
        printf 'cpuid="host,rdtscp=0"\ntsc_mode="native"\n'
        ;;
      pv32 | tiny-pv32) printf 'kernel="%s"\ntype="pv"\nmemory=8\nvcpus=2\n' $kernels/selfcheck-pv32 ;;
      tiny-pv64) printf 'kernel="%s"\ntype="pv"\nmemory=8\nvcpus=2\n' $kernels/selfcheck-pv64 ;;
      # Less memory, or less for its paging, is not enough for Xen to build it.
      tiny-pvh) printf 'kernel="%s"\ntype="pvh"\nmemory=32\nshadow_memory=8\n' $kernels/selfcheck-pvh ;;
    esac
    [ "$1" = hvm ] && printf 'vga="none"\ndevice_model_args=["-nographic"]\n'
  } >"$1.cfg"
}
linux() { printf 'kernel="%s/vmlinuz"\nramdisk="%s/initrd"\nmemory=128\n' "$linux" "$linux"; }

destroy_all() { $stock list | awk 'NR > 2 { print $2 }' | while read -r domid; do $stock destroy "$domid"; done; }

# The guest, running, whoever made it last.
fresh() { $stock list "$1" >/dev/null 2>&1 || start "$1" "$stock"; }

# start GUEST XL: made by that xl, and counting.
start() {
  destroy_all
  rm -f /var/log/xen/console/guest-"$1"*.log
  $2 create "$1.cfg" >create.log 2>&1 || { cat create.log; return 1; }
  tries=0
  until grep -q 'count 3,' "$(console "$1")" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -gt 480 ] && { tail -n 5 "$(console "$1")"; return 1; }
    sleep 0.5
  done
}

# It goes on counting, and has lost nothing.
check() {
  before=$(lines "$1")
  tries=0
  while [ "$(lines "$1")" -le $((before + 1)) ]; do
    tries=$((tries + 1))
    [ $tries -gt 120 ] && { why="the guest says nothing any more"; return 1; }
    sleep 0.5
  done
  last=$(tail -n 1 "$(console "$1")")
  case $last in
    *" 0 lost"*) echo "$last" ;;
    *) why="the guest says: $last"; return 1 ;;
  esac
}

# timed GUEST NAME COMMAND...
timed() {
  guest=$1 name=$2
  shift 2
  begin=$(now)
  timeout $patience "$@" >"$guest-$name.log" 2>&1
  status=$?
  echo "@figure $guest $name $(echo "$begin $(now)" | awk '{ print $2 - $1 }')"
  [ $status = 0 ] && ! grep -i -E 'warn|error' "$guest-$name.log" && return
  why="$name ended with $status"
  tail -n 15 "$guest-$name.log"
  return 1
}

# The same of a migration on this host; also how long the guest stood still, seen from outside (downtime.ts).
migrated() {
  rm -f downtime
  node $modules/test-harness/dist/lab-downtime.js "$($stock domid "$1")" >downtime 2>&1 &
  watcher=$!
  until [ -s downtime ]; do sleep 0.1; done
  timed "$@" || { kill $watcher; return 1; }
  if wait $watcher; then echo "@downtime $1 $2 $(tail -n 1 downtime)"; fi
}

verified() { python3 $verifier -f xl --in "$1" >verify.log 2>&1 || { why="Xen's verifier refuses it: $(tail -n 1 verify.log)"; return 1; }; }

our_create() {
  start "$1" "$ours" || return
  grep -q "notice: Xen's own .*/xl builds the guest" create.log || { why="it does not say who builds"; cat create.log; return 1; }
}
stock_save_our_restore() {
  timed "$1" stock-save $stock save "$1" "/tmp/$1.save" && timed "$1" our-restore $ours restore "/tmp/$1.save"
}
our_save_stock_restore() {
  timed "$1" our-save $ours save "$1" "/tmp/$1.save" && verified "/tmp/$1.save" &&
    timed "$1" stock-restore $stock restore "/tmp/$1.save"
}
stock_migrate_our_receive() { migrated "$1" stock-to-our-migrate $stock migrate -s "" "$1" "$ours migrate-receive"; }
our_migrate_stock_receive() { migrated "$1" our-to-stock-migrate $ours migrate -s "" "$1" "$stock migrate-receive"; }
our_migrate_our_receive() { migrated "$1" our-to-our-migrate $ours migrate -s "" "$1" "$ours migrate-receive"; }
stock_migrate_stock_receive() { migrated "$1" stock-to-stock-migrate $stock migrate -s "" "$1" "$stock migrate-receive"; }

guests() { $stock list | awk 'NR > 2 { print $1 }'; }

# killed GUEST MOMENT [BYTES]: our migration to ourselves, whose receiver is killed then (src/matrix/link). It must fail,
# and leave the guest where it is, and nothing else.
killed() {
  printf '{"xl":"%s","fault":{"at":"%s","what":"kill-receiver","afterBytes":%s}}' \
    "$modules/xl-cli/bin/xl.js" "$2" "${3:-0}" >link.json
  log=$1-killed-$2-${3:-0}.log
  if timeout $patience $ours migrate -s "" "$1" "node $modules/test-harness/dist/matrix-link.js $PWD/link.json migrate-receive" >"$log" 2>&1; then
    why="the migration did not fail"
    return 1
  fi
  grep -q "kill-receiver at $2" "$log" || { why="the receiver was not killed"; tail -n 15 "$log"; return 1; }
  tries=0
  until [ "$(guests)" = "$1" ]; do
    tries=$((tries + 1))
    [ $tries -gt 120 ] && { why="there is not just the guest: $(guests | tr '\n' ' ')"; tail -n 15 "$log"; return 1; }
    sleep 0.5
  done
}
killed_before_banner() { killed "$1" banner; }
killed_at_header() { killed "$1" header; }
killed_in_memory() { killed "$1" memory 4194304; }
killed_late_in_memory() {
  case $1 in
    pv32) killed "$1" memory 7340032 ;;
    *) killed "$1" memory 67108864 ;;
  esac
}
killed_when_ready() { killed "$1" ready; }

# legacy GUEST WIDTH: saves it, and writes the file that Xen 4.5 would have, by a toolstack of that width.
legacy() {
  $ours save "$1" "/tmp/$1.v2" >legacy.log 2>&1 && node --input-type=module -e "
    import { writeFileSync } from 'node:fs';
    import { openInput } from '$modules/stream-format/dist/node/index.js';
    import { legacyFromV2 } from '$modules/test-harness/dist/index.js';
    const [, from, to, width] = process.argv;
    const { file, lost } = await legacyFromV2(await openInput(from), Number(width));
    writeFileSync(to, file);
    console.log(lost.join('\n'));
  " "/tmp/$1.v2" "/tmp/$1.legacy" "$2" >>legacy.log 2>&1 || { why="no legacy file: $(tail -n 1 legacy.log)"; return 1; }
  rm "/tmp/$1.v2"
}
our_restore_of_legacy() { legacy "$1" 64 && timed "$1" our-legacy-restore $ours restore "/tmp/$1.legacy"; }
stock_restore_of_legacy() { legacy "$1" 64 && timed "$1" stock-legacy-restore $stock restore "/tmp/$1.legacy"; }
stock_restore_of_converted() {
  legacy "$1" 32 && timed "$1" our-conversion node "$modules/convert-legacy/bin/convert-legacy-stream.js" \
    --xl --format libxl --in "/tmp/$1.legacy" --out "/tmp/$1.save" && verified "/tmp/$1.save" &&
    timed "$1" stock-converted-restore $stock restore "/tmp/$1.save"
}

across_ssh() {
  timed "$1" across-ssh-migrate $ours migrate "$1" right || return 1
  [ -z "$(guests)" ] || { why="there is still a guest here: $(guests | tr '\n' ' ')"; return 1; }
}

# cell GUEST CELL
cell() {
  why=
  if fresh "$1" && "$2" "$1" && check "$1"; then
    echo "@cell $1 $2 ok"
  else
    echo "@cell $1 $2 failed ${why:-the guest did not start}"
    destroy_all
  fi
  rm -f "/tmp/$1.save" "/tmp/$1.v2" "/tmp/$1.legacy"
}

# What a command takes that does nothing: to tell start-up from work.
start_up() {
  timed host our-start-up $ours list
  timed host stock-start-up $stock list
}

on_right() { ssh -q right "cd /tmp && . ./cells.sh && $*"; }

# The same of a cell that leaves the guest on the other host.
cell_on_right() {
  why=
  scp -q ./cells.sh right:/tmp/cells.sh
  on_right destroy_all
  if fresh "$1" && "$2" "$1" && on_right "check $1 || { echo \"\$why\"; false; }" >right.log 2>&1; then
    echo "@cell $1 $2 ok"
  else
    cat right.log 2>/dev/null
    echo "@cell $1 $2 failed ${why:-the guest is not well on the other host}"
    destroy_all
  fi
  on_right destroy_all
  rm -f right.log
}
