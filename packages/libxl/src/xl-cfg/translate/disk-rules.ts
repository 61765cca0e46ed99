import type { LibxlDeviceDisk } from '../../config/index.js';
import { BACKENDS, type DiskDraft, FORMATS, SPECIFICATIONS } from './disk-draft.js';

// A disk's specification (xl-disk-configuration(5)) is taken apart as by stock's scanner (libxlu_disk_l.l): of all rules
// the one that matches most counts, and of several the first one. `head` is what a match takes; `tail` must follow it and
// counts for the length.

export interface DiskRule {
  readonly head: RegExp;
  readonly tail?: RegExp;
  /** Cut off at the end of what matched before `act` sees it. */
  readonly cut?: string;
  /** @returns false where the scanner ends */
  act(disk: DiskDraft, text: string): boolean | undefined;
}

const afterEquals = (text: string): string => text.slice(text.indexOf('=') + 1);

/** `name=VALUE`, up to the next comma. */
const named = (name: string, act: (disk: DiskDraft, value: string) => void): DiskRule => ({
  head: new RegExp(`${name}=[^,]*,?`, 'y'),
  cut: ',',
  act: (disk, text) => void act(disk, afterEquals(text)),
});

/** A word that stands for what it sets. */
const word = (name: string, values: LibxlDeviceDisk): DiskRule => ({
  head: new RegExp(`${name},?`, 'y'),
  act: (disk) => void Object.assign(disk.values, values),
});

/** A prefix that says nothing any more, or only what `act` takes of it. */
const oldPrefix = (names: string, act: (disk: DiskDraft, prefix: string) => void = () => {}): DiskRule => ({
  head: new RegExp(`(?:${names}):`, 'y'),
  tail: /[^\n]*/y,
  cut: ':',
  act: (disk, prefix) => {
    disk.hasOldPrefix = true;
    act(disk, prefix);
    return true;
  },
});

// The manual's `trusted` and `untrusted` are not among the rules that stock 4.17 was built with.
const RULES: readonly DiskRule[] = [
  { head: /[ \t\n]+/y, tail: /(?:[^ \t\n][^\n]*)?/y, act: () => true },
  named('format', (disk, value) => disk.setChoice('format', 'format', FORMATS, value)),
  word('cdrom', { is_cdrom: 1 }),
  word('devtype=cdrom', { is_cdrom: 1 }),
  word('devtype=disk', { is_cdrom: 0 }),
  { head: /devtype=[^,]*,?/y, act: (disk, text) => void disk.error('unknown value for type', text) },
  named('access', (disk, value) => disk.setAccess(value)),
  named('backend', (disk, value) => disk.setString('backend', 'backend_domname', value)),
  named('backendtype', (disk, value) => disk.setChoice('backend', 'backendtype', BACKENDS, value)),
  named('specification', (disk, value) => disk.setChoice('specification', 'specification', SPECIFICATIONS, value)),
  named('vdev', (disk, value) => disk.setString('vdev', 'vdev', value)),
  named('script', (disk, value) => disk.setString('script', 'script', value)),
  word('direct-io-safe', { direct_io_safe: true }),
  word('discard', { discard_enable: 'True' }),
  word('no-discard', { discard_enable: 'False' }),
  word('colo', { colo_enable: 'True' }),
  word('no-colo', { colo_enable: 'False' }),
  named('colo-host', (disk, value) => disk.setString('colo-host', 'colo_host', value)),
  named('colo-port', (disk, value) => disk.setColoPort(value)),
  named('colo-export', (disk, value) => disk.setString('colo-export', 'colo_export', value)),
  named('active-disk', (disk, value) => disk.setString('active-disk', 'active_disk', value)),
  named('hidden-disk', (disk, value) => disk.setString('hidden-disk', 'hidden_disk', value)),
  {
    head: /target=[^\n]*/y,
    cut: ',',
    act: (disk, text) => void disk.setString('target', 'pdev_path', afterEquals(text)),
  },
  { head: /[a-z][-a-z0-9]*=[^,],?/y, act: (disk, text) => void disk.error('unknown parameter', text) },
  oldPrefix('raw|qcow2?|vhd', (disk, format) => disk.setChoice('format', 'format', FORMATS, format)),
  oldPrefix('iscsi|e?nbd|drbd', (disk, kind) => disk.setString('script', 'script', `block-${kind}`)),
  oldPrefix('tapdisk|tap2?|aio|ioemu|file|phy'),
  {
    head: /[a-z][a-z0-9]*:/y,
    tail: /(?:[^a-z0-9][^\n]*)?/y,
    act: (disk, text) => {
      disk.error('unknown deprecated disk prefix', text);
      return false;
    },
  },
  { head: /[^=,]*,|[^=,]+/y, cut: ',', act: (disk, text) => disk.positional(text) },
];

/** What comes next, and where it ends. */
export function longestMatch(spec: string, at: number): { readonly rule: DiskRule; readonly end: number } | undefined {
  let longest = 0;
  let best: { rule: DiskRule; end: number } | undefined;
  for (const rule of RULES) {
    const head = matchLength(rule.head, spec, at);
    if (head === undefined) continue;
    const tail = rule.tail === undefined ? 0 : matchLength(rule.tail, spec, at + head);
    if (tail === undefined || head + tail <= longest) continue;
    longest = head + tail;
    best = { rule, end: at + head };
  }
  return best;
}

function matchLength(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length;
}
