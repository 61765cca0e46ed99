import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { hasPageData, LibxcWriter, PAGE_TYPE } from '@xen-migration/stream-format';
import { fdSink } from '@xen-migration/stream-format/node';

const PAGE = 4096;

/** An HVM guest's libxc stream of that many pages, `batch` pages to a record, all of one type, as Xen writes it. */
export async function writeSample(
  path: string,
  pages: number,
  batch: number,
  type: number = PAGE_TYPE.NOTAB,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    const writer = new LibxcWriter(fdSink(file.fd));
    await writer.headers({
      version: 3,
      endian: 'little',
      guestType: 'hvm',
      pageShift: 12,
      xenMajor: 4,
      xenMinor: 17,
    });
    await writer.record({ type: 'STATIC_DATA_END' });
    const content = randomBytes(hasPageData(type) ? batch * PAGE : 0);
    for (let pfn = 0; pfn < pages; pfn += batch) {
      const count = Math.min(batch, pages - pfn);
      const pfns = Float64Array.from({ length: count }, (_, i) => pfn + i);
      await writer.pageData(pfns, new Uint8Array(count).fill(type), [content.subarray(0, count * PAGE)]);
    }
    await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 2_000_000, nsec: 1n, incarnation: 1 });
    await writer.record({ type: 'HVM_CONTEXT', data: emptyContext() });
    await writer.record({ type: 'HVM_PARAMS', params: [{ index: 1n, value: 0xfeffcn }] });
    await writer.record({ type: 'END' });
  } finally {
    await file.close();
  }
}

/** A save record of 16 bytes and the end record, which is what the format asks for at least. */
function emptyContext(): Uint8Array {
  const context = new Uint8Array(32);
  const view = new DataView(context.buffer);
  view.setUint16(0, 1, true);
  view.setUint32(4, 16, true);
  view.setUint32(4, 16, true);
  return context;
}
