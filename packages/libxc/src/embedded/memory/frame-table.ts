import { WINDOW_FRAMES, WINDOW_SHIFT } from './layout.js';

/** What a frame is used as. The page-table levels are their own numbers, as in PFINFO. */
export const FRAME_TYPE = { none: 0, l1: 1, l2: 2, l3: 3, l4: 4, segment: 5, writable: 7 } as const;

/** Owners beside domids. */
export const NO_OWNER = 0xffff;

export const FLAG = {
  /** Holds the reference that allocation gave. */
  allocated: 1,
  pinned: 2,
  /** The table's entries hold references on what they name. */
  validated: 4,
  /** Xen's own, or shared by Xen with the domain: no part of its pseudo-physical memory. */
  special: 8,
  broken: 16,
  /** A PAE level-2 table whose upper slots are Xen's. */
  carriesXen: 32,
} as const;

/** Per-frame state of a window of 1 GiB, in columns. */
export interface FrameColumns {
  readonly owner: Uint16Array;
  /** References: one for allocation, one for each page-table entry, mapping or root register that names the frame. */
  readonly count: Uint32Array;
  readonly type: Uint8Array;
  readonly flags: Uint8Array;
  /** References to the frame as its type. */
  readonly typeCount: Uint32Array;
  /** All that was ever taken lies at [first, end): a small machine fills a small part of a window. */
  first: number;
  end: number;
}

/** What Xen's frame table knows of every frame; 12 bytes a frame, made when a window is first allocated from. */
export class FrameTable {
  private readonly windows: (FrameColumns | undefined)[];

  constructor(readonly span: number) {
    this.windows = new Array(Math.ceil(span / WINDOW_FRAMES)).fill(undefined);
  }

  /** The columns of a frame's window; index them with `mfn & INDEX_MASK`. undefined: nothing was ever allocated there. */
  columns(mfn: number): FrameColumns | undefined {
    return this.windows[mfn >>> WINDOW_SHIFT];
  }

  ownerOf(mfn: number): number {
    if (!(mfn >= 0 && mfn < this.span)) return NO_OWNER;
    return this.columns(mfn)?.owner[mfn & INDEX_MASK] ?? NO_OWNER;
  }

  flagsOf(mfn: number): number {
    return this.columns(mfn)?.flags[mfn & INDEX_MASK] ?? 0;
  }

  /** Enters a frame that was just allocated. */
  take(mfn: number, owner: number, flags: number): void {
    const columns = this.columns(mfn) ?? this.makeWindow(mfn);
    const at = mfn & INDEX_MASK;
    columns.owner[at] = owner;
    columns.count[at] = 1;
    columns.type[at] = FRAME_TYPE.none;
    columns.flags[at] = FLAG.allocated | flags;
    columns.typeCount[at] = 0;
    if (at < columns.first) columns.first = at;
    if (at >= columns.end) columns.end = at + 1;
  }

  /** Calls `visit` with every frame of an owner, ascending. */
  forEachOwned(owner: number, visit: (mfn: number, columns: FrameColumns, at: number) => void): void {
    this.windows.forEach((columns, index) => {
      if (columns === undefined) return;
      const { first, end } = columns;
      const owners = columns.owner.subarray(first, end);
      for (let at = owners.indexOf(owner); at >= 0; at = owners.indexOf(owner, at + 1)) {
        visit(index * WINDOW_FRAMES + first + at, columns, first + at);
      }
    });
  }

  private makeWindow(mfn: number): FrameColumns {
    const columns = {
      owner: new Uint16Array(WINDOW_FRAMES).fill(NO_OWNER),
      count: new Uint32Array(WINDOW_FRAMES),
      type: new Uint8Array(WINDOW_FRAMES),
      flags: new Uint8Array(WINDOW_FRAMES),
      typeCount: new Uint32Array(WINDOW_FRAMES),
      first: WINDOW_FRAMES,
      end: 0,
    };
    this.windows[mfn >>> WINDOW_SHIFT] = columns;
    return columns;
  }
}

export const INDEX_MASK = WINDOW_FRAMES - 1;
