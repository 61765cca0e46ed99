import {
  SHARED_INFO_32,
  SHARED_INFO_64,
  START_INFO_32,
  START_INFO_64,
  USER_REGS_32,
  USER_REGS_64,
  VCPU_CONTEXT_32,
  VCPU_CONTEXT_64,
  VCPU_INFO_32,
  VCPU_INFO_64,
  VGCF,
} from '@xen-migration/stream-format/structures';

/**
 * Where the fields that save and restore touch lie in the structures a PV guest shares with its toolstack, for each
 * guest word size. Offsets in bytes, from stream-format's declarations of those structures.
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
export const VCPU_INFO_SIZE = VCPU_INFO_64.size;

/** Most GDT entries a guest may own: 14 pages; the rest is Xen's. */
export const MAX_GDT_ENTRIES = 7168;
export const GDT_ENTRIES_PER_FRAME = 512;

/** vcpu_guest_context.flags: the vcpu runs. */
export const VGCF_ONLINE = VGCF.online;

const LAYOUT_32: PvLayout = {
  width: 4,
  levels: 3,
  entryShift: 10,
  vcpuContext: vcpuContextLayout(VCPU_CONTEXT_32, USER_REGS_32.offsets.eax, USER_REGS_32.offsets.edx, 4),
  sharedInfo: sharedInfoLayout(SHARED_INFO_32, SHARED_INFO_32.members.arch, VCPU_INFO_32),
  startInfo: startInfoLayout(START_INFO_32),
  hypervisorHole: [0xf580_0000n, 0xffff_ffffn],
  virtualBits: 32,
};

const LAYOUT_64: PvLayout = {
  width: 8,
  levels: 4,
  entryShift: 9,
  vcpuContext: vcpuContextLayout(VCPU_CONTEXT_64, USER_REGS_64.offsets.rax, USER_REGS_64.offsets.rdx, 8),
  sharedInfo: sharedInfoLayout(SHARED_INFO_64, SHARED_INFO_64.members.arch, VCPU_INFO_64),
  startInfo: startInfoLayout(START_INFO_64),
  hypervisorHole: [0xffff_8000_0000_0000n, 0xffff_87ff_ffff_ffffn],
  virtualBits: 48,
};

export function pvLayout(width: GuestWidth): PvLayout {
  return width === 8 ? LAYOUT_64 : LAYOUT_32;
}

function vcpuContextLayout(
  { size, offsets }: typeof VCPU_CONTEXT_32 | typeof VCPU_CONTEXT_64,
  ax: number,
  dx: number,
  width: GuestWidth,
): VcpuContextLayout {
  const { flags, user_regs, gdt_frames: gdtFrames, gdt_ents: gdtEntries, ctrlreg } = offsets;
  const control = (register: number) => ctrlreg + register * width;
  return {
    size,
    flags,
    ax: user_regs + ax,
    dx: user_regs + dx,
    gdtFrames,
    gdtEntries,
    cr1: control(1),
    cr3: control(3),
  };
}

function sharedInfoLayout(
  { offsets: shared, members }: typeof SHARED_INFO_32 | typeof SHARED_INFO_64,
  arch: typeof SHARED_INFO_32.members.arch | typeof SHARED_INFO_64.members.arch,
  vcpuInfo: typeof VCPU_INFO_32 | typeof VCPU_INFO_64,
): SharedInfoLayout {
  const inArch = (member: keyof typeof arch.offsets) => shared.arch + arch.offsets[member];
  return {
    pendingSel: vcpuInfo.offsets.evtchn_pending_sel,
    evtchnPending: shared.evtchn_pending,
    evtchnMask: shared.evtchn_mask,
    evtchnBytes: members.evtchn_mask.size,
    arch: shared.arch,
    archSize: arch.size,
    pfnCount: inArch('max_pfn'),
    frameListList: inArch('pfn_to_mfn_frame_list_list'),
    p2mCr3: inArch('p2m_cr3'),
    p2mVaddr: inArch('p2m_vaddr'),
    p2mGeneration: inArch('p2m_generation'),
  };
}

function startInfoLayout({ size, offsets }: typeof START_INFO_32 | typeof START_INFO_64): StartInfoLayout {
  return {
    size,
    nrPages: offsets.nr_pages,
    sharedInfo: offsets.shared_info,
    flags: offsets.flags,
    storeFrame: offsets.store_mfn,
    storeEvtchn: offsets.store_evtchn,
    consoleFrame: offsets.console_mfn,
    consoleEvtchn: offsets.console_evtchn,
  };
}
