import { START_INFO_32, START_INFO_64 } from '@xen-migration/stream-format/structures';
import type { GuestWidth } from './layout.js';

/**
 * Fields of a start_info that only the builder writes and only the kernel reads; those that save and restore touch are in
 * x86/layout.ts. Offsets in bytes, words unless said otherwise (public/xen.h, struct start_info).
 */
export interface StartInfoBootLayout {
  readonly magicText: string;
  readonly magic: number;
  readonly ptBase: number;
  readonly nrPtFrames: number;
  readonly mfnList: number;
  readonly modStart: number;
  readonly modLen: number;
  /** 1024 bytes, zero-terminated. */
  readonly cmdLine: number;
  readonly cmdLineSize: number;
}

const BOOT_64 = bootLayout('xen-3.0-x86_64', START_INFO_64);
const BOOT_32 = bootLayout('xen-3.0-x86_32p', START_INFO_32);

export function startInfoBoot(width: GuestWidth): StartInfoBootLayout {
  return width === 8 ? BOOT_64 : BOOT_32;
}

function bootLayout(
  magicText: string,
  { offsets, members }: typeof START_INFO_32 | typeof START_INFO_64,
): StartInfoBootLayout {
  return {
    magicText,
    magic: offsets.magic,
    ptBase: offsets.pt_base,
    nrPtFrames: offsets.nr_pt_frames,
    mfnList: offsets.mfn_list,
    modStart: offsets.mod_start,
    modLen: offsets.mod_len,
    cmdLine: offsets.cmd_line,
    cmdLineSize: members.cmd_line.size,
  };
}

/** The toolstack understands a linear p2m (SIF_VIRT_P2M_4TOOLS). */
export const SIF_VIRT_P2M_4TOOLS = 1 << 4;

/** struct hvm_start_info, version 1 (public/arch-x86/hvm/start_info.h), and its tables. */
export const HVM_START_INFO = {
  magicValue: 0x336e_c578,
  size: 56,
  magic: 0,
  version: 4,
  nrModules: 12,
  modlist: 16,
  cmdline: 24,
  memmap: 40,
  memmapEntries: 48,
  /** hvm_modlist_entry: paddr, size, cmdline, reserved. */
  moduleSize: 32,
  /** hvm_memmap_table_entry: addr u64, size u64, type u32, reserved u32. */
  memmapSize: 24,
  memmapRam: 1,
  memmapReserved: 2,
} as const;
