/**
 * The byte rings that guests share with backends: xenstore and console. One direction of such a ring: `size` bytes (a
 * power of two) at `data`, and free-running counts of what was produced and consumed (u32). Offsets within the page.
 */
export interface ByteRing {
  readonly data: number;
  readonly size: number;
  readonly consumer: number;
  readonly producer: number;
}

/** struct xencons_interface (public/io/console.h). */
export const CONSOLE_IN: ByteRing = { data: 0, size: 1024, consumer: 3072, producer: 3076 };
export const CONSOLE_OUT: ByteRing = { data: 1024, size: 2048, consumer: 3080, producer: 3084 };
/** A byte: 0 while the console is served. */
export const CONSOLE_CONNECTION = 3088;

/** struct xenstore_domain_interface (public/io/xs_wire.h). */
export const STORE_REQUESTS: ByteRing = { data: 0, size: 1024, consumer: 2048, producer: 2052 };
export const STORE_RESPONSES: ByteRing = { data: 1024, size: 1024, consumer: 2056, producer: 2060 };
/** Words of struct xenstore_domain_interface beside the rings (docs/misc/xenstore-ring.txt). */
export const STORE_FEATURES = 2064;
export const STORE_CONNECTION = 2068;
export const STORE_ERROR = 2072;

/** The page of a ring, as bytes and as 32-bit words. */
export interface RingPage {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** Bytes that wait in the ring; more than its size when the other side broke the counts. */
export function ringUsed({ words }: RingPage, ring: ByteRing): number {
  return (Atomics.load(words, ring.producer >>> 2) - Atomics.load(words, ring.consumer >>> 2)) >>> 0;
}

/** Puts as many of `from` in as there is room for. @returns how many */
export function ringWrite(page: RingPage, ring: ByteRing, from: Uint8Array): number {
  const room = Math.max(0, ring.size - ringUsed(page, ring));
  const count = Math.min(room, from.length);
  if (count === 0) return 0;
  const producer = Atomics.load(page.words, ring.producer >>> 2);
  for (let i = 0; i < count; i++) page.bytes[ring.data + ((producer + i) & (ring.size - 1))] = from[i]!;
  // The bytes are there before the count says so.
  Atomics.store(page.words, ring.producer >>> 2, (producer + count) >>> 0);
  return count;
}

/** Takes out at most `most` bytes; none from a ring whose counts are broken. */
export function ringRead(page: RingPage, ring: ByteRing, most: number): Uint8Array {
  const used = ringUsed(page, ring);
  const count = used > ring.size ? 0 : Math.min(used, most);
  const bytes = new Uint8Array(count);
  if (count === 0) return bytes;
  const consumer = Atomics.load(page.words, ring.consumer >>> 2);
  for (let i = 0; i < count; i++) bytes[i] = page.bytes[ring.data + ((consumer + i) & (ring.size - 1))]!;
  Atomics.store(page.words, ring.consumer >>> 2, (consumer + count) >>> 0);
  return bytes;
}

/** Forgets what waits. */
export function ringDrop({ words }: RingPage, ring: ByteRing): void {
  Atomics.store(words, ring.consumer >>> 2, Atomics.load(words, ring.producer >>> 2));
}

/** Makes the ring an empty one that nobody has used yet. */
export function ringReset({ words }: RingPage, ring: ByteRing): void {
  Atomics.store(words, ring.consumer >>> 2, 0);
  Atomics.store(words, ring.producer >>> 2, 0);
}
