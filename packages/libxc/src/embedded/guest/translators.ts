import { INVALID_FRAME } from '../../hypervisor/frames.js';
import { wordsOf } from '../../x86/words.js';
import { hex, type PageTranslator, type Translation } from './address-space.js';
import { GuestFault } from './fault.js';

/** What a vcpu sees of the machine it runs on; a part of VcpuEnv. */
export interface Machine {
  /** The 4096 bytes of a machine frame. @throws when there is no such frame */
  frame(mfn: number): Uint8Array;
  /** INVALID_FRAME: no memory there. */
  gfnToMfn(gfn: number): number;
  /** INVALID_FRAME: a frame that is no part of the guest's pseudo-physical memory. */
  mfnToPfn(mfn: number): number;
  markDirty(pfn: number): void;
}

const PRESENT = 0x001;
const WRITABLE = 0x002;
const SUPERPAGE = 0x080;
const FRAME_HIGH = 0x000f_ffff;

/** HVM and PVH guests without paging: virtual is physical, through the p2m. */
export class FlatTranslator implements PageTranslator {
  constructor(private readonly machine: Machine) {}

  translate(page: number): Translation {
    const mfn = this.machine.gfnToMfn(page);
    if (mfn === INVALID_FRAME) throw new GuestFault('PAGE', `no memory at ${hex(page * 4096)}`);
    return translation(page, this.machine.frame(mfn), page, true);
  }

  flush(): void {}

  wrote(pfn: number): void {
    this.machine.markDirty(pfn);
  }
}

/**
 * PV guests: levels of tables (four, or three in a 32-bit guest) that hold mfns, from CR3. As the CPU does, an address is writable when every level
 * says so. Accessed and dirty bits are not set: nothing of Xen's PV interface depends on them.
 */
export class PvTranslator implements PageTranslator {
  /** Level-1 tables by the number of the 2 MiB of addresses that each maps, and whether the levels above let write. */
  private readonly leafTables = new Map<number, { words: Uint32Array; writable: boolean }>();

  constructor(
    private readonly machine: Machine,
    /** mfn of the top-level table. */
    private readonly root: () => number,
    readonly levels: 3 | 4 = 4,
  ) {}

  translate(page: number): Translation {
    const table = this.leafTable(page);
    const entry = page % 512;
    const low = table.words[entry * 2]!;
    const high = table.words[entry * 2 + 1]!;
    if ((low & PRESENT) === 0) throw new GuestFault('PAGE', `${hex(page * 4096)} is not mapped (level 1)`);
    const mfn = frameOf(low, high);
    const writable = table.writable && (low & WRITABLE) !== 0;
    return translation(page, this.frame(mfn, page), this.machine.mfnToPfn(mfn), writable);
  }

  flush(): void {
    this.leafTables.clear();
  }

  wrote(pfn: number): void {
    this.machine.markDirty(pfn);
  }

  private leafTable(page: number): { words: Uint32Array; writable: boolean } {
    const key = Math.floor(page / 512);
    const cached = this.leafTables.get(key);
    if (cached !== undefined) return cached;
    let mfn = this.root();
    let writable = true;
    for (let level: number = this.levels; level > 1; level--) {
      const { low, high } = this.entry(mfn, page, level);
      // A PAE level-3 entry says nothing of writing.
      if (level !== 3 || this.levels === 4) writable &&= (low & WRITABLE) !== 0;
      mfn = frameOf(low, high);
    }
    const table = { words: wordsOf(this.frame(mfn, page)), writable };
    this.leafTables.set(key, table);
    return table;
  }

  /** Whether a page of addresses is mapped at all. */
  isMapped(page: number): boolean {
    if (!this.hasTable(page, 1)) return false;
    return (wordsOf(this.frame(this.tableMfn(page, 1), page))[(page % 512) * 2]! & PRESENT) !== 0;
  }

  private entry(table: number, page: number, level: number): { low: number; high: number } {
    const words = wordsOf(this.frame(table, page));
    const index = Math.floor(page / 2 ** (9 * (level - 1))) % 512;
    const low = words[index * 2]!;
    if ((low & PRESENT) === 0) throw new GuestFault('PAGE', `${hex(page * 4096)} is not mapped (level ${level})`);
    if ((low & SUPERPAGE) !== 0) throw new GuestFault('PAGE', `${hex(page * 4096)}: superpage in a PV guest's tables`);
    return { low, high: words[index * 2 + 1]! };
  }

  private frame(mfn: number, page: number): Uint8Array {
    try {
      return this.machine.frame(mfn);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GuestFault('PAGE', `the tables for ${hex(page * 4096)} name mfn ${hex(mfn)}: ${why}`);
    }
  }

  /** The mfn of the table of a level for an address, for mmu_update. @throws GuestFault when there is none */
  tableMfn(page: number, level: 1 | 2 | 3): number {
    let mfn = this.root();
    for (let at: number = this.levels; at > level; at--) {
      const { low, high } = this.entry(mfn, page, at);
      mfn = frameOf(low, high);
    }
    return mfn;
  }

  /** Whether the tables reach down to that level for an address. */
  hasTable(page: number, level: 1 | 2 | 3): boolean {
    let mfn = this.root();
    for (let at: number = this.levels; at > level; at--) {
      const words = wordsOf(this.frame(mfn, page));
      const index = Math.floor(page / 2 ** (9 * (at - 1))) % 512;
      if ((words[index * 2]! & PRESENT) === 0) return false;
      mfn = frameOf(words[index * 2]!, words[index * 2 + 1]!);
    }
    return true;
  }
}

function frameOf(low: number, high: number): number {
  return (high & FRAME_HIGH) * 2 ** 20 + (low >>> 12);
}

function translation(page: number, bytes: Uint8Array, pfn: number, writable: boolean): Translation {
  return { page, words: wordsOf(bytes), bytes, pfn, writable };
}
