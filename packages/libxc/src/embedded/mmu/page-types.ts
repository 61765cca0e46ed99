import { FLAG, FRAME_TYPE, type FrameColumns, INDEX_MASK } from '../memory/frame-table.js';
import { WINDOW_SHIFT } from '../memory/layout.js';
import type { FreedFrames, Machine } from '../memory/machine.js';
import { frameOf, guestSlots, PTE, TABLE_ENTRIES } from './entries.js';
import { TableError } from './table-error.js';

/** Whose tables are looked at. */
export interface TableOwner {
  readonly domid: number;
  readonly width: 4 | 8;
}

/** The last slot of a PAE level-3 table: the level-2 table there carries Xen's own entries. */
const PAE_XEN_SLOT = 3;
/** Present, writable, accessed, dirty: Xen's own entries. */
const XEN_ENTRY = 0x63;
/** The slot of a level-4 table that maps itself, in Xen's layout. */
const LINEAR_SLOT = 258;

const TYPE_NAMES = [
  'plain',
  'a level-1 table',
  'a level-2 table',
  'a level-3 table',
  'a level-4 table',
  'a descriptor table',
  '?',
  'writable memory',
];

/**
 * What a PV guest's frames are used as. A frame has one type at a time, with as many references as uses; as a page table
 * it is validated, recursively, before its first use, and each of its entries then holds references on what it names.
 * That keeps guests from ever writing to a page table that is in use. (docs: Xen's asm-x86/mm.h, pv memory types.)
 */
export class PageTypes {
  /**
   * @param tableChanged told of each page table of a domain that is a table from now on, or no longer: to Xen that is a
   *   write (mm.c, alloc_page_type() and free_page_type())
   */
  constructor(
    private readonly machine: Machine,
    private readonly tableChanged: (mfn: number, domid: number) => void,
  ) {}

  /** Takes a reference on a frame. @throws TableError when the domain does not own it */
  get(mfn: number, domid: number): void {
    this.columnsOf(mfn, domid).count[mfn & INDEX_MASK]!++;
  }

  put(mfn: number, freed: FreedFrames): void {
    this.machine.putFrame(mfn, freed);
  }

  /** Takes a reference on a frame as a type, validating it where that is a page table. @throws TableError */
  getTyped(mfn: number, owner: TableOwner, type: number, freed: FreedFrames): void {
    const columns = this.columnsOf(mfn, owner.domid);
    const at = mfn & INDEX_MASK;
    columns.count[at]!++;
    try {
      this.promote(mfn, columns, owner, type, false, freed);
    } catch (e) {
      columns.count[at]!--;
      throw e;
    }
  }

  putTyped(mfn: number, owner: TableOwner, freed: FreedFrames): void {
    this.putType(mfn, owner, freed);
    this.put(mfn, freed);
  }

  /** @throws TableError when it is pinned already, or is no valid table of that level */
  pin(mfn: number, owner: TableOwner, level: number, freed: FreedFrames): void {
    this.getTyped(mfn, owner, level, freed);
    const columns = this.machine.frames.columns(mfn)!;
    const at = mfn & INDEX_MASK;
    if ((columns.flags[at]! & FLAG.pinned) !== 0) {
      this.putTyped(mfn, owner, freed);
      throw new TableError(mfn, undefined, 'pinned already');
    }
    columns.flags[at]! |= FLAG.pinned;
  }

  /** @throws TableError when it is not pinned */
  unpin(mfn: number, owner: TableOwner, freed: FreedFrames): void {
    const columns = this.columnsOf(mfn, owner.domid);
    const at = mfn & INDEX_MASK;
    if ((columns.flags[at]! & FLAG.pinned) === 0) throw new TableError(mfn, undefined, 'not pinned');
    columns.flags[at]! &= ~FLAG.pinned;
    this.putTyped(mfn, owner, freed);
  }

  /**
   * Sets one entry for the guest. References of what it named before are dropped. A frame that is in use as no table is
   * written as memory.
   *
   * @throws TableError when the entry is Xen's, or names what it may not
   */
  update(mfn: number, entry: number, low: number, high: number, owner: TableOwner, freed: FreedFrames): void {
    const columns = this.columnsOf(mfn, owner.domid);
    const at = mfn & INDEX_MASK;
    const level = columns.type[at]!;
    const words = this.machine.memory.words(mfn);
    if ((columns.flags[at]! & FLAG.validated) === 0 || !isTable(level)) {
      if (columns.typeCount[at]! > 0 && level !== FRAME_TYPE.writable) {
        throw new TableError(mfn, entry, `the frame is in use as ${TYPE_NAMES[level]}`);
      }
      words[entry * 2] = low;
      words[entry * 2 + 1] = high;
      return;
    }
    const slots = guestSlots(level, owner.width, carriesXen(columns, at));
    if (entry >= slots.from && entry < slots.to) throw new TableError(mfn, entry, 'the slot belongs to Xen');
    this.getEntry(mfn, level, entry, low, high, owner, freed);
    const oldLow = words[entry * 2]!;
    const oldHigh = words[entry * 2 + 1]!;
    words[entry * 2 + 1] = high;
    words[entry * 2] = low;
    this.putEntry(mfn, level, oldLow, oldHigh, owner, freed);
  }

  private columnsOf(mfn: number, domid: number): FrameColumns {
    const owner = this.machine.frames.ownerOf(mfn);
    if (owner !== domid) throw new TableError(mfn, undefined, `does not belong to domain ${domid}`);
    return this.machine.frames.columns(mfn)!;
  }

  private promote(
    mfn: number,
    columns: FrameColumns,
    owner: TableOwner,
    type: number,
    xenSlot: boolean,
    freed: FreedFrames,
  ): void {
    const at = mfn & INDEX_MASK;
    const used = columns.typeCount[at]!;
    const current = columns.type[at]!;
    if (type !== FRAME_TYPE.writable && (columns.flags[at]! & FLAG.special) !== 0) {
      throw new TableError(mfn, undefined, `a frame that Xen shares with the domain can't be ${TYPE_NAMES[type]}`);
    }
    if (used > 0 && current !== type) {
      throw new TableError(
        mfn,
        undefined,
        `in use as ${TYPE_NAMES[current]} (${used} times), can't become ${TYPE_NAMES[type]}`,
      );
    }
    const table = isTable(type);
    if (table && used > 0 && carriesXen(columns, at) !== xenSlot) {
      throw new TableError(mfn, undefined, "a level-2 table with Xen's slots is in use without them, or the reverse");
    }
    columns.type[at] = type;
    columns.typeCount[at] = used + 1;
    if (!table || (columns.flags[at]! & FLAG.validated) !== 0) return;
    setCarriesXen(columns, at, xenSlot);
    this.tableChanged(mfn, owner.domid);
    try {
      this.validate(mfn, type, owner, xenSlot, freed);
      columns.flags[at]! |= FLAG.validated;
    } catch (e) {
      columns.typeCount[at]!--;
      throw e;
    }
  }

  private putType(mfn: number, owner: TableOwner, freed: FreedFrames): void {
    const columns = this.machine.frames.columns(mfn)!;
    const at = mfn & INDEX_MASK;
    const left = columns.typeCount[at]! - 1;
    columns.typeCount[at] = left;
    if (left > 0 || (columns.flags[at]! & FLAG.validated) === 0) return;
    columns.flags[at]! &= ~FLAG.validated;
    this.tableChanged(mfn, owner.domid);
    const level = columns.type[at]!;
    const { from, to } = guestSlots(level, owner.width, carriesXen(columns, at));
    this.putEntries(mfn, level, 0, from, owner, freed);
    this.putEntries(mfn, level, to, TABLE_ENTRIES, owner, freed);
  }

  private validate(mfn: number, level: number, owner: TableOwner, xenSlot: boolean, freed: FreedFrames): void {
    if (owner.width === 4 && level === 4) throw new TableError(mfn, undefined, '32-bit guests have no level-4 tables');
    const { from, to } = guestSlots(level, owner.width, xenSlot);
    this.getEntries(mfn, level, 0, from, owner, freed);
    try {
      this.getEntries(mfn, level, to, TABLE_ENTRIES, owner, freed);
    } catch (e) {
      this.putEntries(mfn, level, 0, from, owner, freed);
      throw e;
    }
    this.fillXenSlots(mfn, level, from, to, owner);
  }

  /** Takes the references of entries [from, to); of none when one fails. */
  private getEntries(
    mfn: number,
    level: number,
    from: number,
    to: number,
    owner: TableOwner,
    freed: FreedFrames,
  ): void {
    const done =
      level === 1
        ? this.getLeafEntries(mfn, from, to, owner)
        : this.getTableEntries(mfn, level, from, to, owner, freed);
    if (done.fault === undefined) return;
    this.putEntries(mfn, level, from, done.entry, owner, freed);
    throw done.fault;
  }

  private getTableEntries(
    mfn: number,
    level: number,
    from: number,
    to: number,
    owner: TableOwner,
    freed: FreedFrames,
  ): { entry: number; fault?: TableError } {
    const words = this.machine.memory.words(mfn);
    for (let entry = from; entry < to; entry++) {
      const low = words[entry * 2]!;
      if ((low & PTE.present) === 0) continue;
      try {
        this.getEntry(mfn, level, entry, low, words[entry * 2 + 1]!, owner, freed);
      } catch (e) {
        if (e instanceof TableError) return { entry, fault: e };
        throw e;
      }
    }
    return { entry: to };
  }

  /** The hot loop: a guest of 4 GiB has a million of these. */
  private getLeafEntries(
    mfn: number,
    from: number,
    to: number,
    owner: TableOwner,
  ): { entry: number; fault?: TableError } {
    const words = this.machine.memory.words(mfn);
    const { frames } = this.machine;
    const { domid } = owner;
    let window = -1;
    let columns: FrameColumns | undefined;
    for (let entry = from; entry < to; entry++) {
      const low = words[entry * 2]!;
      if ((low & PTE.present) === 0) continue;
      const target = frameOf(low, words[entry * 2 + 1]!);
      if (target >= frames.span)
        return { entry, fault: leafFault(mfn, entry, target, 'which the machine does not have', 'EINVAL') };
      if (target >>> WINDOW_SHIFT !== window) {
        window = target >>> WINDOW_SHIFT;
        columns = frames.columns(target);
      }
      const at = target & INDEX_MASK;
      if (columns === undefined || columns.owner[at] !== domid) {
        return { entry, fault: leafFault(mfn, entry, target, `which does not belong to domain ${domid}`) };
      }
      if ((low & PTE.writable) !== 0) {
        const used = columns.typeCount[at]!;
        if (used > 0 && columns.type[at] !== FRAME_TYPE.writable) {
          const use = `writable, but that is in use as ${TYPE_NAMES[columns.type[at]!]}`;
          return { entry, fault: leafFault(mfn, entry, target, use) };
        }
        columns.type[at] = FRAME_TYPE.writable;
        columns.typeCount[at] = used + 1;
      }
      columns.count[at]!++;
    }
    return { entry: to };
  }

  private getEntry(
    mfn: number,
    level: number,
    entry: number,
    low: number,
    high: number,
    owner: TableOwner,
    freed: FreedFrames,
  ): void {
    if ((low & PTE.present) === 0) return;
    const target = frameOf(low, high);
    try {
      if (level === 1) {
        if ((low & PTE.writable) !== 0) this.getTyped(target, owner, FRAME_TYPE.writable, freed);
        else this.get(target, owner.domid);
        return;
      }
      if ((low & PTE.superpage) !== 0)
        throw new TableError(target, undefined, 'a superpage, which PV guests may not map');
      if (target === mfn && (low & PTE.writable) === 0) return;
      const columns = this.columnsOf(target, owner.domid);
      columns.count[target & INDEX_MASK]!++;
      try {
        const xenSlot = owner.width === 4 && level === 3 && entry === PAE_XEN_SLOT;
        this.promote(target, columns, owner, level - 1, xenSlot, freed);
      } catch (e) {
        columns.count[target & INDEX_MASK]!--;
        throw e;
      }
    } catch (e) {
      // The fault of a table further down is told as it is; that of the named frame is this entry's.
      if (!(e instanceof TableError) || e.entry !== undefined) throw e;
      const code = level === 1 && target < this.machine.frames.span ? 'EBUSY' : e.code;
      throw new TableError(mfn, entry, `(level ${level}) names mfn 0x${target.toString(16)}: ${e.reason}`, code);
    }
  }

  private putEntries(
    mfn: number,
    level: number,
    from: number,
    to: number,
    owner: TableOwner,
    freed: FreedFrames,
  ): void {
    const words = this.machine.memory.words(mfn);
    for (let entry = from; entry < to; entry++) {
      const low = words[entry * 2]!;
      if ((low & PTE.present) !== 0) this.putEntry(mfn, level, low, words[entry * 2 + 1]!, owner, freed);
    }
  }

  private putEntry(mfn: number, level: number, low: number, high: number, owner: TableOwner, freed: FreedFrames): void {
    if ((low & PTE.present) === 0) return;
    const target = frameOf(low, high);
    if (level === 1) {
      if ((low & PTE.writable) !== 0) this.machine.frames.columns(target)!.typeCount[target & INDEX_MASK]!--;
      this.put(target, freed);
      return;
    }
    if (target === mfn && (low & PTE.writable) === 0) return;
    this.putTyped(target, owner, freed);
  }

  private fillXenSlots(mfn: number, level: number, from: number, to: number, owner: TableOwner): void {
    const words = this.machine.memory.words(mfn);
    for (let entry = from; entry < to; entry++) {
      const target = this.xenSlotTarget(mfn, level, entry - from, entry, owner);
      words[entry * 2] = target === undefined ? 0 : ((target << 12) | XEN_ENTRY) >>> 0;
      words[entry * 2 + 1] = target === undefined ? 0 : Math.floor(target / 2 ** 20);
    }
  }

  /** What Xen maps there: its machine-to-phys table first, and (64-bit) the table itself. */
  private xenSlotTarget(
    mfn: number,
    level: number,
    index: number,
    entry: number,
    owner: TableOwner,
  ): number | undefined {
    if (owner.width === 4) return level === 2 ? this.machine.compatM2pMfn + index : undefined;
    return entry === LINEAR_SLOT ? mfn : this.machine.m2p.extents[0]! + index;
  }
}

function leafFault(
  mfn: number,
  entry: number,
  target: number,
  reason: string,
  code: TableError['code'] = 'EBUSY',
): TableError {
  return new TableError(mfn, entry, `(level 1) names mfn 0x${target.toString(16)}, ${reason}`, code);
}

function isTable(type: number): boolean {
  return type >= FRAME_TYPE.l1 && type <= FRAME_TYPE.l4;
}

function carriesXen(columns: FrameColumns, at: number): boolean {
  return (columns.flags[at]! & FLAG.carriesXen) !== 0;
}

function setCarriesXen(columns: FrameColumns, at: number, carries: boolean): void {
  if (carries) columns.flags[at]! |= FLAG.carriesXen;
  else columns.flags[at]! &= ~FLAG.carriesXen;
}
