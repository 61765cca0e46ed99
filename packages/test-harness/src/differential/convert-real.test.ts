import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, diffStreams, MemorySink, verifyStream } from '@xen-migration/stream-format';
import { openInput } from '@xen-migration/stream-format/node';
import { describe, expect, it } from 'vitest';
import { NOT_CARRIED } from '../legacy/carried.js';
import { legacyFromV2 } from '../legacy/from-v2.js';
import type { Width } from '../legacy/legacy-writer.js';
import { repositoryRoot, sharedStreams } from '../repository.js';
import { xenTools } from '../xen-tools.js';
import { scriptResults } from './xen-converter.js';

const tools = xenTools();
const testdata = `${repositoryRoot}packages/stream-format/testdata`;
/** The script holds a stream and what becomes of it. */
const SCRIPT_MEMORY_MIB = 1024;

const REAL: readonly (readonly [file: string, width: Width])[] = [
  [`${testdata}/xen-4.17-pv32.save.gz`, 32],
  [`${testdata}/xen-4.17-pv32.save.gz`, 64],
  [`${testdata}/xen-4.17-hvm.save.gz`, 32],
  [`${testdata}/xen-4.17-hvm-live.wire.gz`, 64],
  [`${sharedStreams() ?? 'absent'}/xen-4.17-pv64.save.gz`, 64],
];

describe('streams of real Xen, written in the old format and converted again', () => {
  for (const [path, width] of REAL) {
    const name = `${path.split('/').at(-1)}, ${width}-bit toolstack`;
    it.skipIf(!existsSync(path))(`${name} (skipped where the stream is not there)`, async () => {
      const { file, guestType, lost } = await legacyFromV2(await openInput(path), width);
      const sink = new MemorySink();
      const report = await convertLegacyStream(new ByteReader(byteSource(file)), sink, {
        format: 'libxl',
        xlHeader: true,
      });
      expect(report).toMatchObject({ width, guestType, lastCheckpoint: true, bytesRead: file.length });
      const converted = sink.bytes();
      expect((await verifyStream(new ByteReader(byteSource(converted)))).problems).toEqual([]);

      const { fields, pages } = await diffStreams(await openInput(path), new ByteReader(byteSource(converted)));
      expect(pages.count).toBe(0);
      expect(fields.filter((difference) => !NOT_CARRIED.some(({ is }) => is(difference)))).toEqual([]);
      expect(lost).toEqual(expect.arrayContaining(['X86_CPUID_POLICY', 'X86_MSR_POLICY']));

      if ('missing' in tools) return;
      const sample = {
        name,
        stream: file,
        width,
        guestType,
        format: 'libxl',
        xlHeader: true,
        skipQemu: false,
      } as const;
      const sha256 = createHash('sha256').update(converted).digest('hex');
      expect(scriptResults(tools, [sample], SCRIPT_MEMORY_MIB)).toEqual([{ sha256, length: converted.length }]);
    });
  }
});
