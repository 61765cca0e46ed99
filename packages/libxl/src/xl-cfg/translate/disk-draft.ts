import type { LibxlDeviceDisk } from '../../config/index.js';
import { atoi } from '../c-numbers.js';
import type { Writable } from '../translation.js';

type Disk = Writable<LibxlDeviceDisk>;

/** Says what is wrong: `near` is the piece of the text, where there is one. */
export type DiskComplaint = (message: string, near?: string) => void;

export const FORMATS = new Map<string, Disk['format']>([
  ['', 'raw'],
  ['raw', 'raw'],
  ['qcow', 'qcow'],
  ['qcow2', 'qcow2'],
  ['vhd', 'vhd'],
  ['empty', 'empty'],
  ['qed', 'qed'],
]);
export const BACKENDS = new Map<string, Disk['backend']>([
  ['phy', 'phy'],
  ['tap', 'tap'],
  ['qdisk', 'qdisk'],
  ['standalone', 'standalone'],
]);
export const SPECIFICATIONS = new Map<string, Disk['specification']>([
  ['xen', 'xen'],
  ['virtio', 'virtio'],
]);
const ACCESSES = new Map([
  ['r', 0],
  ['ro', 0],
  ['rw', 1],
  ['w', 1],
  ['', 1],
]);

/** A disk while its specification is read; the first complaint makes it wrong. */
export class DiskDraft {
  readonly values: Disk = { readwrite: 1 };
  failed = false;
  hasOldPrefix = false;
  #hasAccess = false;

  constructor(readonly complain: DiskComplaint) {}

  error(message: string, near?: string): void {
    this.complain(message, near);
    this.failed = true;
  }

  finish(): LibxlDeviceDisk | undefined {
    const { values } = this;
    values.format ??= 'raw';
    if (values.is_cdrom === 1) {
      values.removable = 1;
      values.readwrite = 0;
      if ((values.pdev_path ?? '') === '') values.format = 'empty';
    }
    if (values.vdev === undefined) this.error('no vdev specified');
    else if (values.pdev_path === undefined && values.removable !== 1) {
      this.error('no target specified (and device not removable)');
    }
    return this.failed ? undefined : values;
  }

  /** An empty string may be replaced, another one not. */
  setString(
    what: string,
    member:
      | 'backend_domname'
      | 'vdev'
      | 'script'
      | 'pdev_path'
      | 'colo_host'
      | 'colo_export'
      | 'active_disk'
      | 'hidden_disk',
    value: string,
  ): void {
    if ((this.values[member] ?? '') !== '') this.error(`${what} respecified`, value);
    else this.values[member] = value;
  }

  setChoice<K extends 'format' | 'backend' | 'specification'>(
    member: K,
    option: string,
    choices: ReadonlyMap<string, Disk[K]>,
    name: string,
  ): void {
    const choice = choices.get(name);
    const before = this.values[member];
    if (choice === undefined) this.error(`unknown value for ${option}`, name);
    else if (before !== undefined && before !== choice) this.error(`${member} respecified`, name);
    else this.values[member] = choice;
  }

  setAccess(name: string): void {
    const access = ACCESSES.get(name);
    if (access === undefined) this.error('unknown value for access', name);
    else this.values.readwrite = access;
  }

  setColoPort(text: string): void {
    const port = atoi(text);
    if (port === 0) this.error('unknown value for colo_port', text);
    else this.values.colo_port = port;
  }

  /** Target, format, virtual device, access: in this order where they have no names. */
  positional(text: string): boolean {
    const { values } = this;
    if (this.failed) return true;
    if (values.pdev_path === undefined) {
      values.pdev_path = text;
    } else if (!this.hasOldPrefix && values.format === undefined) {
      if (values.pdev_path === '' && this.#deviceWithType(text)) values.format = 'empty';
      else this.setChoice('format', 'format', FORMATS, text);
    } else if (values.vdev === undefined) {
      if (!this.#deviceWithType(text)) values.vdev = text;
    } else if (!this.#hasAccess) {
      this.#hasAccess = true;
      this.setAccess(text);
    } else {
      this.error('too many positional parameters', text);
      return false;
    }
    return true;
  }

  #deviceWithType(text: string): boolean {
    const colon = text.lastIndexOf(':');
    if (colon < 0) return false;
    this.setString('vdev', 'vdev', text.slice(0, colon));
    const type = text.slice(colon + 1);
    if (type === 'cdrom') this.values.is_cdrom = 1;
    else if (type === 'disk') this.values.is_cdrom = 0;
    else this.error('unknown deprecated type', type);
    return true;
  }
}
