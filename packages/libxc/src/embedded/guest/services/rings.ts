import { type ByteRing, ringDrop, ringRead, ringWrite } from '../../../io/byte-ring.js';
import type { AddressSpace } from '../address-space.js';

/** A guest's end of its rings: by virtual address, and every change is a write that log-dirty sees. */
export function writeToRing(space: AddressSpace, address: number, ring: ByteRing, bytes: Uint8Array): number {
  const page = space.forWrite(address);
  const count = ringWrite(page, ring, bytes);
  if (count > 0) space.wrote(page);
  return count;
}

export function readFromRing(space: AddressSpace, address: number, ring: ByteRing, most: number): Uint8Array {
  const page = space.forWrite(address);
  const bytes = ringRead(page, ring, most);
  if (bytes.length > 0) space.wrote(page);
  return bytes;
}

export function dropRing(space: AddressSpace, address: number, ring: ByteRing): void {
  const page = space.forWrite(address);
  ringDrop(page, ring);
  space.wrote(page);
}
