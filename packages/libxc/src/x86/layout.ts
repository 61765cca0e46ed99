/**
 * Where the fields that save and restore touch lie in the structures a PV guest shares with its toolstack, for each
 * guest word size. Offsets in bytes; facts of Xen's public ABI (arch-x86/xen*.h, xen.h), structures as compiled for
 * i386 and x86_64.
 */

/** Bytes of a PV guest's word: 4 for a 32-bit (PAE) guest, 8 for a 64-bit one. */
export type GuestWidth = 4 | 8;

/** vcpu_guest_context. */
export interface VcpuContextLayout {
  readonly size: number;
  /** A word, VGCF_* bits. */
  readonly flags: number;
  /** user_regs.(e/r)ax: what the suspend hypercall answers. */
  readonly ax: number;
  /** user_regs.(e/r)dx: the suspend hypercall's third argument, the start_info frame. */
  readonly dx: number;
  /** 16 words. */
  readonly gdtFrames: number;
  /** A word: entries in use. */
  readonly gdtEntries: number;
  /** Words: the page-table bases of kernel and (64-bit only) user mode. */
  readonly cr1: number;
  readonly cr3: number;
}

/** shared_info; it always travels as a whole page. */
export interface SharedInfoLayout {
  /** evtchn_pending_sel of vcpu_info[0]; the next one is VCPU_INFO_SIZE further. A word. */
  readonly pendingSel: number;
  readonly evtchnPending: number;
  readonly evtchnMask: number;
  /** Bytes of each of the two bitmaps above. */
  readonly evtchnBytes: number;
  /** arch_shared_info. */
  readonly arch: number;
  readonly archSize: number;
  /** A word; a count, in spite of its name in Xen (max_pfn). */
  readonly pfnCount: number;
  /** A word: mfn of the p2m tree's top page. */
  readonly frameListList: number;
  /** Words of the linear p2m. */
  readonly p2mCr3: number;
  readonly p2mVaddr: number;
  readonly p2mGeneration: number;
}

/** start_info. */
export interface StartInfoLayout {
  readonly size: number;
  /** Words. */
  readonly nrPages: number;
  readonly sharedInfo: number;
  /** u32 in both. */
  readonly flags: number;
  /** A word. */
  readonly storeFrame: number;
  /** u32. */
  readonly storeEvtchn: number;
  /** A word. */
  readonly consoleFrame: number;
  /** u32. */
  readonly consoleEvtchn: number;
}

export interface PvLayout {
  readonly width: GuestWidth;
  /** Levels of page tables. */
  readonly levels: 3 | 4;
  /** p2m entries in a page, as a power of two. */
  readonly entryShift: 9 | 10;
  readonly vcpuContext: VcpuContextLayout;
  readonly sharedInfo: SharedInfoLayout;
  readonly startInfo: StartInfoLayout;
  /** Virtual addresses that belong to Xen, inclusive: no guest structure may lie there. */
  readonly hypervisorHole: readonly [first: bigint, last: bigint];
  /** Bits of a virtual address that page tables translate. */
  readonly virtualBits: 32 | 48;
}

/** vcpu_info structures in shared_info (XEN_LEGACY_MAX_VCPUS) and the bytes of each. */
export const SHARED_VCPUS = 32;
export const VCPU_INFO_SIZE = 64;

/** Most GDT entries a guest may own: 14 pages; the rest is Xen's. */
export const MAX_GDT_ENTRIES = 7168;
export const GDT_ENTRIES_PER_FRAME = 512;

/** vcpu_guest_context.flags: the vcpu runs. */
export const VGCF_ONLINE = 1 << 5;

const LAYOUT_32: PvLayout = {
  width: 4,
  levels: 3,
  entryShift: 10,
  vcpuContext: { size: 2800, flags: 512, ax: 540, dx: 524, gdtFrames: 2640, gdtEntries: 2704, cr1: 2720, cr3: 2728 },
  sharedInfo: {
    pendingSel: 4,
    evtchnPending: 2048,
    evtchnMask: 2176,
    evtchnBytes: 128,
    arch: 2316,
    archSize: 28,
    pfnCount: 2316,
    frameListList: 2320,
    p2mCr3: 2328,
    p2mVaddr: 2332,
    p2mGeneration: 2336,
  },
  startInfo: {
    size: 1112,
    nrPages: 32,
    sharedInfo: 36,
    flags: 40,
    storeFrame: 44,
    storeEvtchn: 48,
    consoleFrame: 52,
    consoleEvtchn: 56,
  },
  hypervisorHole: [0xf580_0000n, 0xffff_ffffn],
  virtualBits: 32,
};

const LAYOUT_64: PvLayout = {
  width: 8,
  levels: 4,
  entryShift: 9,
  vcpuContext: { size: 5168, flags: 512, ax: 600, dx: 616, gdtFrames: 4832, gdtEntries: 4960, cr1: 4992, cr3: 5008 },
  sharedInfo: {
    pendingSel: 8,
    evtchnPending: 2048,
    evtchnMask: 2560,
    evtchnBytes: 512,
    arch: 3088,
    archSize: 48,
    pfnCount: 3088,
    frameListList: 3096,
    p2mCr3: 3112,
    p2mVaddr: 3120,
    p2mGeneration: 3128,
  },
  startInfo: {
    size: 1168,
    nrPages: 32,
    sharedInfo: 40,
    flags: 48,
    storeFrame: 56,
    storeEvtchn: 64,
    consoleFrame: 72,
    consoleEvtchn: 80,
  },
  hypervisorHole: [0xffff_8000_0000_0000n, 0xffff_87ff_ffff_ffffn],
  virtualBits: 48,
};

export function pvLayout(width: GuestWidth): PvLayout {
  return width === 8 ? LAYOUT_64 : LAYOUT_32;
}
