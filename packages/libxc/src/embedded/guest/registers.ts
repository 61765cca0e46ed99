import type { RegisterLayout } from '../../x86/registers.js';
import { GuestFault } from './fault.js';

/** 2^53 / 2^32: a number whose high word is below this is exact. */
const HIGH_LIMIT = 0x20_0000;

/**
 * A vcpu's registers, in the very bytes of its context: whoever reads the context of a stopped vcpu reads what the next
 * instruction will see.
 */
export class Registers {
  private readonly words: Uint32Array;
  private readonly general: readonly number[];
  private readonly ripAt: number;
  /** Registers below this number, and rip, have 32 bits. */
  private readonly narrow: number;

  /** @param context of at least the layout's size, at an address divisible by 4 */
  constructor(context: Uint8Array, layout: RegisterLayout) {
    this.words = new Uint32Array(context.buffer, context.byteOffset, context.byteLength >>> 2);
    this.general = layout.general.map((offset) => offset / 4);
    this.ripAt = layout.rip / 4;
    this.narrow = layout.width === 4 ? 8 : 0;
  }

  /** @throws GuestFault OVERFLOW when the register holds no exact number */
  get(register: number): number {
    const at = this.general[register & 15]!;
    return register < this.narrow ? this.words[at]! : this.read(at);
  }

  set(register: number, value: number): void {
    const at = this.general[register & 15]!;
    if (register < this.narrow) this.writeNarrow(at, value);
    else this.write(at, value);
  }

  get rip(): number {
    return this.narrow > 0 ? this.words[this.ripAt]! : this.read(this.ripAt);
  }

  set rip(value: number) {
    if (this.narrow > 0) this.writeNarrow(this.ripAt, value);
    else this.write(this.ripAt, value);
  }

  private read(at: number): number {
    const high = this.words[at + 1]!;
    if (high >= HIGH_LIMIT) throw new GuestFault('OVERFLOW', `a register holds ${hex(high)}${hex(this.words[at]!)}`);
    return high * 2 ** 32 + this.words[at]!;
  }

  private writeNarrow(at: number, value: number): void {
    if (value > 0xffff_ffff) throw new GuestFault('OVERFLOW', `${value} is more than a 32-bit register holds`);
    this.words[at] = value;
  }

  private write(at: number, value: number): void {
    // The store keeps the low 32 bits of an exact number by itself; % would be a call for every instruction.
    this.words[at] = value;
    this.words[at + 1] = Math.floor(value / 2 ** 32);
  }
}

const hex = (word: number) => word.toString(16).padStart(8, '0');
