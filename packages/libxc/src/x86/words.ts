import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { GuestWidth } from './layout.js';

/** Guest words (4 or 8 bytes, little-endian) in structures that are touched rarely; hot loops read Uint32Arrays. */
export function readWord(bytes: Uint8Array, offset: number, width: GuestWidth): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return width === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
}

/** @throws RangeError when the value does not fit the guest's word */
export function writeWord(bytes: Uint8Array, offset: number, width: GuestWidth, value: bigint): void {
  if (value < 0n || value >> BigInt(width * 8) !== 0n)
    throw new RangeError(`${value} does not fit a ${width}-byte word`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 8) view.setBigUint64(offset, value, true);
  else view.setUint32(offset, Number(value), true);
}

export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(offset, value, true);
}

/**
 * The frame number in a guest word. All ones, and what no JS number holds exactly, is INVALID_FRAME: no machine and no
 * guest has 2^52 frames.
 */
export function readFrame(bytes: Uint8Array, offset: number, width: GuestWidth): number {
  return frameOf(readWord(bytes, offset, width), width);
}

export function frameOf(word: bigint, width: GuestWidth): number {
  if (width === 4 && word === 0xffff_ffffn) return INVALID_FRAME;
  return word < 1n << 52n ? Number(word) : INVALID_FRAME;
}

/** A mapped page as 32-bit words, without a copy. */
export function wordsOf(page: Uint8Array): Uint32Array {
  return new Uint32Array(page.buffer, page.byteOffset, page.byteLength >>> 2);
}
