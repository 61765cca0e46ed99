import { StreamError } from '@xen-migration/stream-format';
import { PHYSMAP_ENTRY, PHYSMAP_NAME_SLACK, TOOLSTACK, TOOLSTACK_SPEC } from '../layout/layouts.js';
import type { ToolstackWidth } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

/** A domain has a few entries of some fifty bytes. */
export const TOOLSTACK_MAX = 1024 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The toolstack's own data of Xen 4.5: where QEMU mapped the memory of devices. Answers them as the keys and values,
 * each ended by a NUL, that a record EMULATOR_XENSTORE_DATA holds.
 *
 * @throws StreamError
 */
export function readToolstack(data: Uint8Array, offset: number, width: ToolstackWidth, trace: Trace): Uint8Array[] {
  const entries = new PhysmapEntries(data, offset, width);
  const count = entries.head();
  const pairs: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const { phys, start, size, name } = entries.next(i);
    const root = `physmap/${phys.toString(16)}`;
    trace?.(`  ${root}: ${name} at 0x${start.toString(16)}, 0x${size.toString(16)} bytes`);
    const text = `${root}/start_addr\0${start.toString(16)}\0${root}/size\0${size.toString(16)}\0${root}/name\0${name}\0`;
    pairs.push(encoder.encode(text));
  }
  return pairs;
}

class PhysmapEntries {
  private at = 0;
  private readonly slack: number;

  constructor(
    private readonly data: Uint8Array,
    private readonly offset: number,
    width: ToolstackWidth,
  ) {
    this.slack = width === 64 ? PHYSMAP_NAME_SLACK : 0;
  }

  /** Passes over the head; answers how many entries follow. */
  head(): number {
    const { version, count } = TOOLSTACK.read(this.take(TOOLSTACK.size, 'its head'), true);
    if (version !== 1) throw this.fault('toolstack-version', `version ${version} is not known, only 1`, 0);
    return count;
  }

  next(index: number) {
    const what = `entry ${index}`;
    const start = this.at;
    const head = PHYSMAP_ENTRY.read(this.take(PHYSMAP_ENTRY.size, what), true);
    if (head.name_length === 0) throw this.fault('toolstack-name', `${what} has no name`, start);
    const bytes = this.take(head.name_length + this.slack, `the name of ${what}`).subarray(0, head.name_length);
    const end = bytes.indexOf(0);
    if (end !== bytes.length - 1) {
      throw this.fault('toolstack-name', `the name of ${what} does not end with its only NUL`, start);
    }
    return {
      phys: head.phys_offset,
      start: head.start_addr,
      size: head.size,
      name: this.text(bytes.subarray(0, end), start),
    };
  }

  private text(bytes: Uint8Array, start: number): string {
    try {
      return decoder.decode(bytes);
    } catch {
      throw this.fault('toolstack-name', 'a name is not text in UTF-8', start);
    }
  }

  private take(n: number, what: string): Uint8Array {
    const left = this.data.length - this.at;
    if (n > left) throw this.fault('toolstack-length', `${what} needs ${n} bytes, ${left} are left`, this.at);
    this.at += n;
    return this.data.subarray(this.at - n, this.at);
  }

  private fault(rule: string, message: string, at: number): StreamError {
    const offset = this.offset + at;
    return new StreamError(message, {
      code: 'BAD_VALUE',
      rule,
      layer: 'legacy',
      part: 'toolstack',
      spec: TOOLSTACK_SPEC,
      offset,
    });
  }
}
