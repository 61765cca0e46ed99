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

export const START_INFO_64: StartInfoBootLayout = {
  magicText: 'xen-3.0-x86_64',
  magic: 0,
  ptBase: 88,
  nrPtFrames: 96,
  mfnList: 104,
  modStart: 112,
  modLen: 120,
  cmdLine: 128,
  cmdLineSize: 1024,
};

const START_INFO_32: StartInfoBootLayout = {
  magicText: 'xen-3.0-x86_32p',
  magic: 0,
  ptBase: 60,
  nrPtFrames: 64,
  mfnList: 68,
  modStart: 72,
  modLen: 76,
  cmdLine: 80,
  cmdLineSize: 1024,
};

export function startInfoBoot(width: GuestWidth): StartInfoBootLayout {
  return width === 8 ? START_INFO_64 : START_INFO_32;
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
