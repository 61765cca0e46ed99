/** A guest that changes one page table all the time may have it: it is sent when it is suspended. */
const ATTEMPTS = 3;

/**
 * Copies a page that its guest may be writing, so that the copy is what the page was at one moment: an entry that changed
 * between its two halves, or two entries that belong together, never come apart.
 *
 * @returns false when the page did not stand still
 */
export function copySettled(page: Uint8Array, into: Uint8Array): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    into.set(page);
    if (Buffer.compare(page, into) === 0) return true;
  }
  return false;
}
