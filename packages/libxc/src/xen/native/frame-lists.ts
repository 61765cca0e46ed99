import { type FrameList, INVALID_FRAME } from '../../hypervisor/frames.js';

const ALL_ONES = 0xffff_ffff;
const HALF = 2 ** 32;

/** Writes frames as 64-bit words at the beginning of a buffer. */
export function writeFrames(bytes: Uint8Array<ArrayBuffer>, frames: FrameList): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, frames.length * 2);
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i]!;
    const invalid = frame === INVALID_FRAME;
    words[2 * i] = invalid ? ALL_ONES : frame;
    words[2 * i + 1] = invalid ? ALL_ONES : frame / HALF;
  }
}

export function readFrames(bytes: Uint8Array<ArrayBuffer>, count: number): FrameList {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 2);
  const frames = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const high = words[2 * i + 1]!;
    frames[i] = high === ALL_ONES ? INVALID_FRAME : high * HALF + words[2 * i]!;
  }
  return frames;
}
