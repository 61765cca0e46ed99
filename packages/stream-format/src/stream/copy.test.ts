import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openInput } from '../node/index.js';
import { absent, LARGER, loadStream, streamPath } from '../node/testing/streams.js';
import { copyStream } from './copy.js';

/** sha256 of what is inside the compressed file, as testdata/README.md has it. */
const SHA256 = {
  'xen-4.17-hvm.save.gz': '20c21fdb5f58e178bc250d121071cdfc2ec0ecbd634c5dddf87adf18a1ebba78',
  'xen-4.17-pv32.save.gz': '02b1fed2b1869b52b699fb6b66a5c79164a975b8bf1d3ba5176bcf558ed75b75',
  'xen-4.17-hvm-live.wire.gz': '0e423c8ba5f76060f58ef7fa069ac395df5fd32c808b9f688fddf2dbc6aa32e1',
  'broken/xen-4.17-pv32-lost-l1.save.gz': '390ddfef8ad3644dce64a758ef8fb3f44f3e437fb31dcef77955533cdec44ca4',
};

async function sha256OfCopy(path: string): Promise<string> {
  const hash = createHash('sha256');
  const reader = await openInput(path);
  await copyStream(reader, {
    writev: async (parts) => {
      for (const part of parts) hash.update(part);
    },
  });
  return hash.digest('hex');
}

describe('copyStream', () => {
  it.each(Object.entries(SHA256))('%s is read and written again byte for byte', async (name, sha256) => {
    expect(await sha256OfCopy(streamPath(name))).toBe(sha256);
  });

  for (const name of LARGER) {
    it.skipIf(absent(name) !== '')(`${name} likewise${absent(name)}`, async () => {
      const original = createHash('sha256').update(loadStream(name)).digest('hex');
      expect(await sha256OfCopy(streamPath(name))).toBe(original);
    });
  }
});
