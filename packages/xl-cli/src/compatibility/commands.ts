import { absent, accepted, better, type Judgement, other, same } from './verdict.js';

/** What stock's global options before a command are here. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Judgement>> = {
  '-v': same,
  '-f': accepted('Stock locks out xend with it, which is gone.'),
  '-N': same,
  '-t': same,
  '-T': accepted('Given to the receiver of a migration; messages here have no time.'),
};

export interface CommandJudgement extends Judgement {
  /** Stock's options, those that its help does not show among them; `-h` and `--help` are the same everywhere. */
  readonly options: Readonly<Record<string, Judgement>>;
}

const command = (judgement: Judgement, options: Readonly<Record<string, Judgement>> = {}): CommandJudgement => ({
  ...judgement,
  options,
});

const noColo = absent('There is no COLO.');
const noDisplay = accepted('Domains here have no VNC display; it says so.');
const shutdownOptions = {
  '-a, --all': same,
  '-w, --wait': same,
  '-F': other('The embedded host has no ACPI buttons: it says so and fails.'),
};

/** Stock's commands about the life of a domain. */
const PRESENT: Readonly<Record<string, CommandJudgement>> = {
  create: command(
    better(
      'Warns of unknown keys and of values out of range, with their place. With -n stock is matched byte for byte.',
    ),
    {
      '-c': same,
      '-d': same,
      '-e': same,
      '-F': same,
      '-f, --defconfig': same,
      '-n, --dryrun': same,
      '-p': same,
      '-q, --quiet': same,
      '-V, --vncviewer': noDisplay,
      '-A, --vncviewer-autopass': noDisplay,
      '-i, --ignore-global-affinity-masks': same,
    },
  ),
  'config-update': command(
    better('Holds at once, also for list -l, save and migrate; in stock after the next reboot.'),
    {
      '-f, --defconfig': better('May stand before the domain, too.'),
      '-d': same,
      '-q': accepted('As in stock.'),
    },
  ),
  list: command(better('Says of each domain that is held and not executed.'), {
    '-l, --long': other('Without what libxl fills in while it makes a domain (scheduler, video memory).'),
    '-v, --verbose': same,
    '-Z, --context': other('Domains have no security labels: always -, as in stock without FLASK.'),
    '-c, --cpupool': other('There is one pool, Pool-0.'),
    '-n, --numa': other('There is one node: always all.'),
  }),
  destroy: command(same, { '-f': same }),
  shutdown: command(same, shutdownOptions),
  reboot: command(same, shutdownOptions),
  pause: command(better('Fails where there is no such domain; stock ends with 0.')),
  unpause: command(better('Fails where there is no such domain; stock ends with 0.')),
  console: command(same, {
    '-t': other('There is the PV console; serial and vuart fail.'),
    '-n': other('There is number 0.'),
  }),
  save: command(
    better(
      'The file appears whole or not at all, with mode 0600; the domain is destroyed only once it is on the disk.',
    ),
    { '-c': same, '-p': same, '-D': same },
  ),
  migrate: command(better('What fails leaves the domain running here, and what runs where is said at the end.'), {
    '-C': same,
    '-s': same,
    '-e': same,
    '--debug': same,
    '-p': same,
    '-D': same,
    '-F': same,
    '--live': accepted('As in stock.'),
  }),
  restore: command(better("Names the place in the stream where it is wrong; reads '-' from standard input."), {
    '-p': same,
    '-e': same,
    '-d': same,
    '-V, --vncviewer': noDisplay,
    '-A, --vncviewer-autopass': noDisplay,
    '-F': same,
    '-c': same,
  }),
  'migrate-receive': command(
    better('Refuses a terminal and a plain TCP connection, on which nobody is authenticated.'),
    {
      '-F': same,
      '-e': same,
      '-d': same,
      '-p': same,
      '-r': same,
      '--colo': noColo,
      '--coloft-script': noColo,
      '--userspace-colo-proxy': noColo,
    },
  ),
  remus: command(other('Neither network buffering nor disk replication: -F, -n and -d must be given.'), {
    '-i': same,
    '-u': accepted('Checkpoints are never compressed.'),
    '-s': same,
    '-e': same,
    '-N': absent('There is no network buffering.'),
    '-F': same,
    '-b': same,
    '-n': same,
    '-d': same,
    '-c': noColo,
    '-p': noColo,
  }),
  'vcpu-list': command(better('Fails where there is no such domain; stock ends with 0.')),
  'vm-list': command(same),
  info: command(other('Without what Xen was built with (cc_compiler, build_id, ...).'), { '-n, --numa': same }),
  domid: command(same),
  domname: command(same),
  rename: command(better('Refuses an empty name, by which no command finds the domain again.')),
  dmesg: command(same, {
    '-c, --clear': other('The embedded host can not clear its messages: it prints them, says so and fails.'),
  }),
  top: command(
    better("xentop's table without another program, with its -b, -d, -i, -f, -v; without network and disk columns."),
  ),
  uptime: command(same, { '-s': same }),
};

const devices = absent('No hot-plugging of devices.');
const scheduling = absent('No tuning of a running host.');

/** Stock's other commands, by the beginning of their names. */
const ABSENT: readonly (readonly [beginning: string, judgement: Judgement])[] = [
  ['dump-core', absent('`xl save -c` and `xen-stream` show what is in a guest.')],
  ['vncviewer', absent('No VNC displays.')],
  ...(
    ['pci-', 'cd-', 'network-', 'channel-', 'block-', 'vtpm-', 'vkb-', 'vdispl-', 'vsnd-', 'usb', 'devd'] as const
  ).map((beginning) => [beginning, devices] as const),
  ...(['mem-', 'vcpu-', 'sched-', 'cpupool-', 'psr-', 'claims', 'sharing', 'set-parameters'] as const).map(
    (beginning) => [beginning, scheduling] as const,
  ),
  ...(['trigger', 'sysrq', 'button-press', 'debug-keys', 'qemu-monitor-command'] as const).map(
    (beginning) => [beginning, absent('No keys or buttons into a guest or the host.')] as const,
  ),
  ...(['getenforce', 'setenforce', 'loadpolicy'] as const).map(
    (beginning) => [beginning, absent('No FLASK policies.')] as const,
  ),
];

/** Undefined for a name that is none of stock's. */
export function judgeCommand(name: string): CommandJudgement | undefined {
  const present = Object.hasOwn(PRESENT, name) ? PRESENT[name] : undefined;
  if (present !== undefined) return present;
  const found = ABSENT.find(([beginning]) => name.startsWith(beginning));
  return found === undefined ? undefined : command(found[1]);
}
