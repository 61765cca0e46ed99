import { Choices } from '../random.js';

/** Ways in which bytes come: mostly short pieces, one by one, or all at once. */
const LONGEST = [1, 7, 64, 1500, 65_536] as const;

/** The input in pieces. Their sizes come from the bytes: an input that is kept fails again without anything else. */
export function piecesOf(input: Uint8Array): Uint8Array[] {
  const random = new Choices(checksum(input));
  const longest = random.one(LONGEST);
  // A stream of many pages byte by byte would be nothing but slow.
  const most = input.length > 4096 ? Math.max(longest, 64) : longest;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; ) {
    const piece = input.subarray(at, at + random.between(1, most));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** FNV-1a, 32 bits. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0x811c_9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x0100_0193) >>> 0;
  return sum;
}
