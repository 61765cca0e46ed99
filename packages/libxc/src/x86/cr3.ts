import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { GuestWidth } from './layout.js';

/**
 * CR3 as PV guests hold it. A 32-bit guest rotates the frame number so that 32 bits can name frames up to 2^32
 * (xen_pfn_to_cr3 in Xen's public arch-x86/xen-x86_32.h); the rotated form travels in the stream too.
 */
export function foldCr3(frame: number, width: GuestWidth): bigint {
  const wide = BigInt(frame);
  if (width === 8) return wide << 12n;
  if (frame > 0xffff_ffff) throw new RangeError(`frame ${frame} does not fit a 32-bit CR3`);
  return ((wide << 12n) | (wide >> 20n)) & 0xffff_ffffn;
}

/** INVALID_FRAME when the value is none that a guest of that width can hold. */
export function unfoldCr3(cr3: bigint, width: GuestWidth): number {
  if (width === 8) return Number(cr3 >> 12n);
  if (cr3 >> 32n !== 0n) return INVALID_FRAME;
  return Number(((cr3 >> 12n) | (cr3 << 20n)) & 0xffff_ffffn);
}
