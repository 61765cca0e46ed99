import { DOMAIN_CONTROL_SIZE, DOMAIN_WORD } from '../run/control.js';

/** Which pages were written: one bit for each pfn, in memory shared with the vcpus' threads. */
export class LogDirty {
  /** Shared words of the domain (run/control.ts). */
  readonly control = new SharedArrayBuffer(DOMAIN_CONTROL_SIZE);
  readonly bitmap: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly controlWords = new Int32Array(this.control);
  /** Pages that Xen itself keeps mapped for writing: they change unseen, and count as dirty in the final pass. */
  readonly alwaysWritable = new Set<number>();

  constructor(pages: number) {
    this.bitmap = new SharedArrayBuffer(Math.ceil(pages / 64) * 8);
    this.words = new Int32Array(this.bitmap);
  }

  get enabled(): boolean {
    return Atomics.load(this.controlWords, DOMAIN_WORD.logDirty) === 1;
  }

  enable(): void {
    this.words.fill(0);
    Atomics.store(this.controlWords, DOMAIN_WORD.faults, 0);
    Atomics.store(this.controlWords, DOMAIN_WORD.logDirty, 1);
  }

  disable(): void {
    Atomics.store(this.controlWords, DOMAIN_WORD.logDirty, 0);
  }

  mark(pfn: number): void {
    if (pfn >= 0 && pfn < this.words.length * 32 && this.enabled) Atomics.or(this.words, pfn >>> 5, 1 << (pfn & 31));
  }

  /** Copies `pages` bits out, and begins anew where `clean` is set. No vcpu runs meanwhile. */
  read(pages: number, clean: boolean, final: boolean): { bitmap: Uint8Array; dirty: number; faults: number } {
    if (final) for (const pfn of this.alwaysWritable) this.mark(pfn);
    const bitmap = new Uint8Array(Math.ceil(pages / 8));
    const known = Math.min(bitmap.length, this.bitmap.byteLength);
    bitmap.set(new Uint8Array(this.bitmap, 0, known));
    if (pages % 8 !== 0 && bitmap.length > 0) bitmap[bitmap.length - 1]! &= 2 ** (pages % 8) - 1;
    const dirty = countBits(this.words);
    const faults = Atomics.load(this.controlWords, DOMAIN_WORD.faults);
    if (clean) {
      this.words.fill(0);
      Atomics.store(this.controlWords, DOMAIN_WORD.faults, 0);
    }
    return { bitmap, dirty, faults };
  }
}

function countBits(words: Int32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    let word = words[i]!;
    if (word === 0) continue;
    word -= (word >>> 1) & 0x5555_5555;
    word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return count;
}
