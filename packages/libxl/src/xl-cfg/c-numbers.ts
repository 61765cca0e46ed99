// Numbers as C's library reads them (strtol, strtoul, atoi, sscanf %x): what stock accepts and how it wraps.

const DIGITS: Readonly<Record<number, RegExp>> = { 8: /[0-7]+/y, 10: /[0-9]+/y, 16: /[0-9a-f]+/iy };
const PREFIX: Readonly<Record<number, string>> = { 8: '0o', 10: '', 16: '0x' };
const SPACE_AND_SIGN = /[ \t\n\v\f\r]*([+-]?)/y;

export type Base = 0 | 10 | 16;

export interface ParsedInteger {
  readonly value: bigint;
  /** Index of the first character that is not of the number; 0 where there is none. */
  readonly end: number;
  readonly overflow: boolean;
}

const LONG_MAX = (1n << 63n) - 1n;
export const ULONG_MAX = (1n << 64n) - 1n;

/** strtol: saturates, and says so. */
export function parseLong(text: string, base: Base): ParsedInteger {
  const { negative, magnitude, end } = scan(text, base);
  const value = negative ? -magnitude : magnitude;
  if (value > LONG_MAX) return { value: LONG_MAX, end, overflow: true };
  if (value < -LONG_MAX - 1n) return { value: -LONG_MAX - 1n, end, overflow: true };
  return { value, end, overflow: false };
}

/** strtoul: a minus sign negates modulo 2^64. */
export function parseUlong(text: string, base: Base): ParsedInteger {
  const { negative, magnitude, end } = scan(text, base);
  if (magnitude > ULONG_MAX) return { value: ULONG_MAX, end, overflow: true };
  return { value: negative ? BigInt.asUintN(64, -magnitude) : magnitude, end, overflow: false };
}

/** atoi: 0 where there is no number; wraps at 32 bits. */
export function atoi(text: string): number {
  return toInt32(parseLong(text, 10).value);
}

export const toInt32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
export const toUint32 = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** A uint64 as a number, as a bigint only where a number cannot hold it. */
export function toUint64(value: bigint): number | bigint {
  const wrapped = BigInt.asUintN(64, value);
  return wrapped <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wrapped) : wrapped;
}

/** scanf's %x: as strtoul, but glibc also takes a 0x that no digit follows, for a 0. */
export function scanHex(text: string): ParsedInteger {
  const number = parseUlong(text, 16);
  const takesX =
    number.value === 0n &&
    /^[ \t\n\v\f\r]*[+-]?0$/.test(text.slice(0, number.end)) &&
    /^x/i.test(text.slice(number.end));
  return takesX ? { ...number, end: number.end + 1 } : number;
}

// More digits than any 64-bit number has: that it overflows is certain without computing it.
const DIGITS_LIMIT = 30;

function scan(text: string, base: Base): { negative: boolean; magnitude: bigint; end: number } {
  SPACE_AND_SIGN.lastIndex = 0;
  const lead = SPACE_AND_SIGN.exec(text);
  const start = lead?.[0].length ?? 0;
  const hex = base !== 10 && /^0x[0-9a-f]/i.test(text.slice(start, start + 3));
  const radix = hex ? 16 : base !== 0 ? base : text[start] === '0' ? 8 : 10;
  const digits = matchAt(DIGITS[radix], text, hex ? start + 2 : start);
  if (digits === undefined) return { negative: false, magnitude: 0n, end: 0 };
  const significant = digits.replace(/^0+/, '') || '0';
  const magnitude = significant.length > DIGITS_LIMIT ? 1n << 64n : BigInt((PREFIX[radix] ?? '') + significant);
  return { negative: lead?.[1] === '-', magnitude, end: (hex ? start + 2 : start) + digits.length };
}

function matchAt(pattern: RegExp | undefined, text: string, at: number): string | undefined {
  if (pattern === undefined) return undefined;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
