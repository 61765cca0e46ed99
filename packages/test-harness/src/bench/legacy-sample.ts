import { closeSync, openSync, writevSync } from 'node:fs';
import { emulatorState } from '../legacy/guest.js';
import { LegacyWriter, pageWord } from '../legacy/legacy-writer.js';

const PAGE = 4096;
const XALLOC = 0xe;

/**
 * A 64-bit toolstack's stream of an HVM guest of so many pages, `batch` pages to a chunk. `contents`: whether the pages
 * have any, or are only to be allocated.
 */
export function writeLegacySample(path: string, pages: number, batch: number, contents = true): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writevSync(fd, [new LegacyWriter(64).p2mSize(pages).bytes()]);
    const memory = Buffer.alloc(contents ? batch * PAGE : 0, 'contents of a page ');
    for (let pfn = 0; pfn < pages; pfn += batch) {
      const words = Array.from({ length: batch }, (_, i) => pageWord(pfn + i, contents ? 0 : XALLOC));
      writevSync(fd, [new LegacyWriter(64).batch(words, []).bytes(), memory]);
    }
    const end = new LegacyWriter(64).vcpuInfo(0, [0]).lastCheckpoint().endOfBody();
    end.hvmTail([1n, 2n, 3n], Buffer.alloc(4096, 1)).deviceModel(emulatorState('upstream'));
    writevSync(fd, [end.bytes()]);
  } finally {
    closeSync(fd);
  }
}
