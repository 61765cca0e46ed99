import { createHash } from 'node:crypto';
import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, MemorySink } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { type GuestSpec, legacyGuest } from './guest.js';
import { legacyXlHeader } from './legacy-writer.js';
import { fullGuests } from './matrix.js';

// The differential test compares each of these streams with what Xen's own script makes of it; here is kept what came
// out, and what was said on the way (-v).
const golden = (name: string) => new URL(`golden/${name}.txt`, import.meta.url).pathname;

const title = ({ width, kind, memory }: GuestSpec) => `${width}-bit toolstack, ${kind}, memory: ${memory}`;

async function conversion(stream: Uint8Array, options: Parameters<typeof convertLegacyStream>[2]) {
  const lines: string[] = [];
  const sink = new MemorySink();
  const reader = new ByteReader(byteSource(stream));
  try {
    const report = await convertLegacyStream(reader, sink, { ...options, trace: (line) => lines.push(line) });
    lines.push(JSON.stringify(report), createHash('sha256').update(sink.bytes()).digest('hex'));
  } catch (error) {
    lines.push((error as Error).message);
  }
  return lines;
}

describe('golden conversions', () => {
  it('of a guest of each kind, with and without what is around its libxc stream', async () => {
    const page: string[] = [];
    for (const spec of fullGuests()) {
      const stream = legacyGuest(spec).bytes();
      const saved = Buffer.concat([legacyXlHeader('{}', true), stream]);
      page.push(
        `# ${title(spec)}; to xl restore`,
        ...(await conversion(saved, { format: 'libxl', xlHeader: true })),
        '',
      );
      page.push(`# ${title(spec)}; libxc alone`, ...(await conversion(stream, {})));
      page.push('without its device model', ...(await conversion(stream, { skipQemu: true })).slice(-1), '');
    }
    await expect(page.join('\n')).toMatchFileSnapshot(golden('conversions'));
  });

  it('that end one byte after each part began, or one byte before its end, say which part it was', async () => {
    const page: string[] = [];
    for (const spec of fullGuests().slice(-4)) {
      const { sections } = legacyGuest(spec);
      const stream = Buffer.concat(sections);
      let end = 0;
      const ends = sections.map(({ length }) => {
        end += length;
        return end;
      });
      const cuts = [...new Set(ends.flatMap((at) => [at - 1, at + 1]))].filter((cut) => cut < stream.length);
      const kind = { width: spec.width, guestType: spec.kind === 'hvm' ? 'hvm' : 'pv' } as const;
      page.push(`# ${title(spec)}`);
      for (const cut of cuts) page.push(...(await conversion(stream.subarray(0, cut), kind)).slice(-1));
      page.push('');
    }
    await expect(page.join('\n')).toMatchFileSnapshot(golden('cut-short'));
  });
});
