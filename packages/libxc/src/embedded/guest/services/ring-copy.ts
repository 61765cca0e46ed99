import type { AddressSpace, Translation } from '../address-space.js';

/**
 * One direction of a byte ring in a page that is shared with a backend: `data` bytes of `size` (a power of two),
 * free-running producer and consumer counts (u32).
 */
export interface SharedRing {
  readonly data: number;
  readonly size: number;
  readonly consumer: number;
  readonly producer: number;
}

/** Offsets in struct xencons_interface (public/io/console.h). */
export const CONSOLE_IN: SharedRing = { data: 0, size: 1024, consumer: 3072, producer: 3076 };
export const CONSOLE_OUT: SharedRing = { data: 1024, size: 2048, consumer: 3080, producer: 3084 };

/** Offsets in struct xenstore_domain_interface (public/io/xs_wire.h). */
export const STORE_REQUESTS: SharedRing = { data: 0, size: 1024, consumer: 2048, producer: 2052 };
export const STORE_RESPONSES: SharedRing = { data: 1024, size: 1024, consumer: 2056, producer: 2060 };

/** Bytes that wait in the ring. */
export function ringUsed(page: Translation, ring: SharedRing): number {
  return (Atomics.load(page.words, ring.producer >>> 2) - Atomics.load(page.words, ring.consumer >>> 2)) >>> 0;
}

/** Puts as many of `bytes` in as there is room for. @returns how many */
export function ringWrite(space: AddressSpace, address: number, ring: SharedRing, bytes: Uint8Array): number {
  const page = space.forWrite(address);
  const producer = Atomics.load(page.words, ring.producer >>> 2);
  // A backend that breaks the counts gets nothing more.
  const room = Math.max(0, ring.size - ringUsed(page, ring));
  const count = Math.min(room, bytes.length);
  if (count === 0) return 0;
  for (let i = 0; i < count; i++) page.bytes[ring.data + ((producer + i) & (ring.size - 1))] = bytes[i]!;
  // The data is there before the count says so.
  Atomics.store(page.words, ring.producer >>> 2, (producer + count) >>> 0);
  space.wrote(page);
  return count;
}

/** Takes out at most `most` bytes. */
export function ringRead(space: AddressSpace, address: number, ring: SharedRing, most: number): Uint8Array {
  const page = space.forWrite(address);
  const used = ringUsed(page, ring);
  const count = used > ring.size ? 0 : Math.min(used, most);
  const bytes = new Uint8Array(count);
  if (count === 0) return bytes;
  const consumer = Atomics.load(page.words, ring.consumer >>> 2);
  for (let i = 0; i < count; i++) bytes[i] = page.bytes[ring.data + ((consumer + i) & (ring.size - 1))]!;
  Atomics.store(page.words, ring.consumer >>> 2, (consumer + count) >>> 0);
  space.wrote(page);
  return bytes;
}

/** Forgets what waits: consumer := producer. */
export function ringDrop(space: AddressSpace, address: number, ring: SharedRing): void {
  const page = space.forWrite(address);
  Atomics.store(page.words, ring.consumer >>> 2, Atomics.load(page.words, ring.producer >>> 2));
  space.wrote(page);
}
