import { PfnTable, ScatteredPfnsError } from '../analyse/pfn-table.js';
import { PAGE_TYPE, pageTableLevel, pageTypeName } from '../libxc/page-types.js';

const ENTRIES = 512;
/** A PAE top level has four entries; the rest of the page is the guest's own. */
const PAE_L3_ENTRIES = 4;
const PRESENT = 0x1;
/** A large page: the entry points to memory, not to a table. */
const PAGE_SIZE_BIT = 0x80;
const FRAME_HIGH_MASK = 0xf_ffff;
/** pfns beyond 2^32 don't occur: P2M_FRAMES has 32 bits for them. */
const ABSENT = 0xffff_ffff;

/** An entry of a page table that points to a pfn which is no page table of the level below. */
export interface LostTable {
  readonly table: number;
  readonly level: number;
  readonly entry: number;
  readonly lost: number;
  readonly lostType: string;
}

/**
 * What is last said of each pfn of a PV guest, and where its L2 to L4 page tables point. Memory: 1 byte per pfn (256 KiB
 * per GiB of guest), 2 KiB per such table (some 1 MiB per GiB, each L2 covering 1 GiB or less of address space).
 */
export class PageTables {
  private readonly types = new PfnTable({});
  private readonly tables = new Map<number, Uint32Array>();
  /** Set where the stream's pfns are too thinly spread to be followed. */
  scattered = false;

  /** The pfn's newest type. */
  note(pfn: number, type: number): void {
    if (this.scattered) return;
    if (this.tables.size > 0 && pageTableLevel(type) < 2 && pageTableLevel(this.types.typeOf(pfn) ?? 0) >= 2) {
      this.tables.delete(pfn);
    }
    try {
      this.types.set(pfn, type);
    } catch (error) {
      if (!(error instanceof ScatteredPfnsError)) throw error;
      this.scattered = true;
      this.tables.clear();
    }
  }

  /** The newest content of a page table of level 2 to 4. */
  content(pfn: number, page: Uint8Array): void {
    if (this.scattered) return;
    const targets = this.tables.get(pfn) ?? new Uint32Array(ENTRIES);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (let entry = 0; entry < ENTRIES; entry++) {
      const low = view.getUint32(entry * 8, true);
      const high = view.getUint32(entry * 8 + 4, true) & FRAME_HIGH_MASK;
      const table = (low & PRESENT) !== 0 && (low & PAGE_SIZE_BIT) === 0;
      targets[entry] = table ? high * 2 ** 20 + (low >>> 12) : ABSENT;
    }
    this.tables.set(pfn, targets);
  }

  /** Page tables that the guest's others point to, and that the stream does not have. */
  *lost(ptLevels: 3 | 4): Generator<LostTable> {
    for (const [table, targets] of this.tables) {
      const level = pageTableLevel(this.types.typeOf(table) ?? PAGE_TYPE.XTAB);
      const entries = level === 3 && ptLevels === 3 ? PAE_L3_ENTRIES : ENTRIES;
      for (let entry = 0; entry < entries; entry++) {
        const lost = targets[entry] ?? ABSENT;
        if (lost === ABSENT) continue;
        const type = this.types.typeOf(lost);
        const found = pageTableLevel(type ?? PAGE_TYPE.XTAB);
        // A table of the same level is a linear page table, which Xen allows.
        if (found === level - 1 || found === level) continue;
        yield { table, level, entry, lost, lostType: type === undefined ? 'not in the stream' : pageTypeName(type) };
      }
    }
  }
}
