import { createHash } from 'node:crypto';
import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, StreamError } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { type LegacySample, legacyMatrix } from '../legacy/matrix.js';
import { xenTools } from '../xen-tools.js';
import { type ScriptResult, scriptResults } from './xen-converter.js';

const tools = xenTools();
if ('missing' in tools) console.warn(`differential tests against convert-legacy-stream are skipped: ${tools.missing}`);

describe('x', () => {
  it('y', async () => {
    const all = [...legacyMatrix()];
    console.log(
      all.length,
      all.reduce((s, a) => s + a.stream.length, 0),
    );
    let t = Date.now();
    const theirs = [];
    for (let i = 0; i < all.length; i += 500) theirs.push(...scriptResults(tools as any, all.slice(i, i + 500)));
    console.log('script', Date.now() - t);
    t = Date.now();
    const counts = { same: 0, refused: 0, diff: 0 };
    for (const [i, s] of all.entries()) {
      const hash = createHash('sha256');
      let err: unknown;
      try {
        await convertLegacyStream(
          new ByteReader(byteSource(s.stream)),
          {
            writev: async (p) => {
              for (const x of p) hash.update(x);
            },
          },
          s,
        );
      } catch (e) {
        err = e;
      }
      const his = theirs[i] as ScriptResult;
      if (err === undefined && 'sha256' in his && hash.digest('hex') === his.sha256) counts.same++;
      else if (err !== undefined && 'refused' in his) counts.refused++;
      else {
        counts.diff++;
        if (counts.diff < 10) console.log(s.name, String(err), his);
      }
    }
    console.log('ours', Date.now() - t, counts);
  });
});
