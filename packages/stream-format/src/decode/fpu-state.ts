import { bytes, list, padding, structure, u8, u16, u32, u64 } from './structure.js';

/** The 512 bytes that FXSAVE writes (Intel SDM vol. 1, 10.5.1), as kept in 64-bit mode. */
export const FXSAVE = structure({
  fcw: u16,
  fsw: u16,
  ftw: u8,
  _reserved: padding(1),
  fop: u16,
  fip: u64,
  fdp: u64,
  mxcsr: u32,
  mxcsr_mask: u32,
  /** x87 and MMX registers: 10 bytes of value in 16. */
  st: list(bytes(16), 8),
  xmm: list(bytes(16), 16),
  /** Reserved by the processor, left to software; compared and kept as it is. */
  software: bytes(96),
});

/** The header after it in an XSAVE area (Intel SDM vol. 1, 13.4.2). */
export const XSAVE_HEADER = structure({
  xstate_bv: u64,
  xcomp_bv: u64,
  reserved: list(u64, 6),
});
