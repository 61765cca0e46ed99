import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, diffStreams, MemorySink, verifyStream } from '@xen-migration/stream-format';
import { openInput } from '@xen-migration/stream-format/node';
import { describe, expect, it } from 'vitest';
import { legacyFromV2 } from '../legacy/from-v2.js';
import { repositoryRoot, sharedStreams } from '../repository.js';
import { xenTools } from '../xen-tools.js';
import { scriptResults } from './xen-converter.js';

const testdata = `${repositoryRoot}packages/stream-format/testdata`;
const REAL = [
  `${testdata}/xen-4.17-pv32.save.gz`,
  `${testdata}/xen-4.17-hvm.save.gz`,
  `${testdata}/xen-4.17-hvm-live.wire.gz`,
  `${sharedStreams()}/xen-4.17-pv64.save.gz`,
  `${sharedStreams()}/xen-4.17-pv64-live.wire.gz`,
];
const tools = xenTools();

describe('x', () => {
  for (const path of REAL) {
    it(path, async () => {
      for (const width of [32, 64] as const) {
        const t = Date.now();
        const made = await legacyFromV2(await openInput(path), width);
        console.log(path.split('/').at(-1), width, made.guestType, made.lost, made.file.length, Date.now() - t);
        const sink = new MemorySink();
        const rep = await convertLegacyStream(new ByteReader(byteSource(made.file)), sink, { format: 'libxl', xlHeader: true });
        const out = sink.bytes();
        const { problems, warnings } = await verifyStream(new ByteReader(byteSource(out)));
        console.log(rep, problems, warnings.length, Date.now() - t);
        const diff = await diffStreams(await openInput(path), new ByteReader(byteSource(out)));
        console.log(diff.same, diff.fieldCount, JSON.stringify(diff.fields.slice(0, 60).map((f) => [f.section, ...f.path, f.left, f.right].join(' '))), diff.pages, diff.notCompared, diff.hostBound, Date.now() - t);
      }
    });
  }
});
