import { EXTENDED_BLOCK, VCPU_CONTEXT_32, VCPU_CONTEXT_64 } from '../layout/layouts.js';
import type { LegacyReader } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

/** What the head of a PV guest's stream says of its vcpus' state. */
export interface ExtendedInfo {
  /** Bytes of a word of the guest. */
  readonly guestWidth: 4 | 8;
  readonly ptLevels: 3 | 4;
  /** Bytes of a vcpu's context. */
  readonly contextSize: number;
  /** Whether each vcpu has an extended context. */
  readonly extended: boolean;
  /** Bytes of each vcpu's xsave part, its two numbers and all; 0 where there is none. */
  readonly xsaveSize: number;
}

const GUEST_OF_CONTEXT: Readonly<Record<number, { guestWidth: 4 | 8; ptLevels: 3 | 4 }>> = {
  [VCPU_CONTEXT_64]: { guestWidth: 8, ptLevels: 4 },
  [VCPU_CONTEXT_32]: { guestWidth: 4, ptLevels: 3 },
};

/**
 * The extended info at the head of a PV guest's stream: a marker, a length, and blocks of which one says what kind of
 * guest it is. The contents of that block are a vcpu's context as it was then, which the tail has again.
 */
export async function readExtendedInfo(legacy: LegacyReader, trace: Trace): Promise<ExtendedInfo> {
  legacy.enterPart('extended info');
  const markerAt = legacy.offset;
  const marker = await legacy.bytes(legacy.wordSize);
  if (!marker.every((byte) => byte === 0xff)) {
    const message =
      'there is none (its marker is all ones), as in streams of Xen 3.0: what kind of guest it is stays open';
    throw legacy.fault('BAD_VALUE', 'extended-info-marker', message, markerAt);
  }
  const total = await legacy.u32();
  trace?.(`extended info: ${total} bytes`);
  const blocks = new ExtendedBlocks(legacy, trace);
  let left = total;
  while (left > 0) {
    if (left < EXTENDED_BLOCK.size) throw blocks.tooLong(left, EXTENDED_BLOCK.size, legacy.offset);
    left -= EXTENDED_BLOCK.size;
    left -= await blocks.read(left);
  }
  return blocks.result(markerAt);
}

class ExtendedBlocks {
  private context: number | undefined;
  private extended = false;
  private xsaveSize = 0;

  constructor(
    private readonly legacy: LegacyReader,
    private readonly trace: Trace,
  ) {}

  /** One block, of which at most so many bytes may be; answers how many there were. */
  async read(room: number): Promise<number> {
    const { legacy } = this;
    const at = legacy.offset;
    const { id, length } = EXTENDED_BLOCK.read(await legacy.bytes(EXTENDED_BLOCK.size), true);
    const name = String.fromCharCode(...id);
    if (length > room) throw this.tooLong(room, length, at + EXTENDED_BLOCK.offsetOf('length'));
    this.trace?.(`  block ${JSON.stringify(name)}: ${length} bytes`);
    switch (name) {
      case 'vcpu':
        this.guest(length, at);
        await legacy.skip(length);
        return length;
      case 'extv':
        this.extended = true;
        await legacy.skip(length);
        return length;
      case 'xcnt':
        if (length < 4)
          throw legacy.fault('BAD_LENGTH', 'extended-info-xcnt', `xcnt has ${length} bytes, not 4`, at + 4);
        this.xsaveSize = await legacy.u32();
        await legacy.skip(length - 4);
        return length;
      default:
        throw legacy.fault('BAD_VALUE', 'extended-info-block', `block ${JSON.stringify(name)} is not known`, at);
    }
  }

  result(offset: number): ExtendedInfo {
    const guest = GUEST_OF_CONTEXT[this.context ?? -1];
    if (this.context === undefined || guest === undefined) {
      throw this.legacy.fault('BAD_VALUE', 'extended-info-vcpu', 'it has no block "vcpu"', offset);
    }
    return { ...guest, contextSize: this.context, extended: this.extended, xsaveSize: this.xsaveSize };
  }

  tooLong(room: number, length: number, offset: number): Error {
    const message = `${length} bytes where ${room} are left of its length`;
    return this.legacy.fault('BAD_LENGTH', 'extended-info-length', message, offset);
  }

  private guest(length: number, at: number): void {
    if (this.context !== undefined) {
      throw this.legacy.fault('BAD_VALUE', 'extended-info-vcpu-twice', 'there is a second block "vcpu"', at);
    }
    const guest = GUEST_OF_CONTEXT[length];
    if (guest === undefined) {
      const message = `a vcpu's context of ${length} bytes: neither ${VCPU_CONTEXT_64} (64-bit guest) nor ${VCPU_CONTEXT_32} (32-bit)`;
      throw this.legacy.fault('BAD_LENGTH', 'extended-info-vcpu', message, at + EXTENDED_BLOCK.offsetOf('length'));
    }
    this.context = length;
    this.trace?.(`    ${guest.guestWidth * 8}-bit guest, ${guest.ptLevels} levels of page tables`);
  }
}
