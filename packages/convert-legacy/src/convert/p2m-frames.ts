import type { LibxcWriter } from '@xen-migration/stream-format';
import { type LegacyReader, viewOf } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

const PAGE_SIZE = 4096;
/** X86_PV_P2M_FRAMES holds the last pfn in 32 bits. */
const P2M_SIZE_MAX = 2 ** 32;

/** The pfns of the pages of a PV guest's p2m. */
export async function convertP2mFrames(
  legacy: LegacyReader,
  p2mSize: number,
  guestWidth: number,
  libxc: LibxcWriter,
  trace: Trace,
): Promise<void> {
  legacy.enterPart('p2m frames');
  const at = legacy.offset;
  if (p2mSize < 1 || p2mSize > P2M_SIZE_MAX) {
    const message = `a p2m of ${p2mSize} pages, where 1 to ${P2M_SIZE_MAX} are possible`;
    throw legacy.fault('BAD_VALUE', 'p2m-size', message, at);
  }
  const count = Math.ceil(p2mSize / (PAGE_SIZE / guestWidth));
  trace?.(`p2m: ${p2mSize} pages in ${count} frames`);
  // The bytes are read before the memory for the numbers is taken: a size claimed is not a size that exists.
  const words = viewOf(await legacy.bytes(count * legacy.wordSize));
  const frames = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const frame = legacy.wordAt(words, i);
    if (frame >= p2mSize) {
      const message = `frame ${i} is pfn 0x${frame.toString(16)}, beyond the p2m of ${p2mSize} pages`;
      throw legacy.fault('BAD_VALUE', 'p2m-frame', message, at + i * legacy.wordSize);
    }
    frames[i] = frame;
  }
  await libxc.record({ type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: p2mSize - 1, frames });
}
