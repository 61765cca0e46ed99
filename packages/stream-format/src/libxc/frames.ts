/** pfns are up to 52 bits wide: exact in a double, and far faster than bigints. */
const HIGH = 2 ** 32;
const MAX_HIGH = 0xf_ffff;

/** So many 64-bit frame numbers. The position of one that is wider than 52 bits is answered as `bad`. */
export function readFrames(from: Uint8Array, littleEndian: boolean): { frames: Float64Array; bad: number | undefined } {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const frames = new Float64Array(from.length / 8);
  const [lowAt, highAt] = littleEndian ? [0, 4] : [4, 0];
  let bad: number | undefined;
  for (let i = 0; i < frames.length; i++) {
    const high = view.getUint32(i * 8 + highAt, littleEndian);
    if (high > MAX_HIGH) bad ??= i;
    frames[i] = high * HIGH + view.getUint32(i * 8 + lowAt, littleEndian);
  }
  return { frames, bad };
}

/** Writes frame numbers, with the page type in the upper four bits where there are types. */
export function writeFrames(
  into: Uint8Array,
  frames: ArrayLike<number>,
  littleEndian: boolean,
  types?: ArrayLike<number>,
): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const [lowAt, highAt] = littleEndian ? [0, 4] : [4, 0];
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i] ?? 0;
    const low = frame >>> 0;
    // Nearly all frames have at most 32 bits, which need no division.
    const high = low === frame ? 0 : highBits(frame);
    view.setUint32(i * 8 + lowAt, low, littleEndian);
    view.setUint32(i * 8 + highAt, ((types?.[i] ?? 0) << 28) | high, littleEndian);
  }
}

function highBits(frame: number): number {
  const high = Math.floor(frame / HIGH);
  if (high >= 0 && high <= MAX_HIGH && Number.isInteger(frame)) return high;
  throw new RangeError(`${frame} is no frame number`);
}

/** The entries of a PAGE_DATA record. Reserved bits are ignored, as a restorer must. */
export function readPfnWords(from: Uint8Array, littleEndian: boolean): { pfns: Float64Array; types: Uint8Array } {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const count = from.length / 8;
  const pfns = new Float64Array(count);
  const types = new Uint8Array(count);
  const [lowAt, highAt] = littleEndian ? [0, 4] : [4, 0];
  for (let i = 0; i < count; i++) {
    const high = view.getUint32(i * 8 + highAt, littleEndian);
    pfns[i] = (high & MAX_HIGH) * HIGH + view.getUint32(i * 8 + lowAt, littleEndian);
    types[i] = high >>> 28;
  }
  return { pfns, types };
}
