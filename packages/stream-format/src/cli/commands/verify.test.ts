import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { absent, KEPT, LARGER, loadStream, streamPath } from '../../node/testing/streams.js';
import { lowLengthOfEmulatorContext, vitalOffsets } from '../../testing/vital-offsets.js';
import { run } from '../testing/run.js';

const LOST = 'broken/xen-4.17-pv32-lost-l1.save.gz';

describe('xen-stream verify', () => {
  it.each(KEPT.filter((name) => name !== LOST))('%s: 0, without a finding', async (name) => {
    const { code, out } = await run('verify', streamPath(name));
    expect(code).toBe(0);
    expect(out).toMatch(/^\S+: valid \(xl save file, \d+ libxc records, \d+ pages, [\d.]+ MiB\)\n$/);
  });

  it.skipIf(absent(LARGER[0]) !== '').each(LARGER)(`%s: 0, without a finding${absent(LARGER[0])}`, async (name) => {
    const { code, out } = await run('verify', streamPath(name), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ valid: true, problems: [], warnings: [] });
  });

  it('the stream whose saver lost a page table: 0, with a warning that names it', async () => {
    const { code, out } = await run('verify', streamPath(LOST));
    expect(code).toBe(0);
    expect(out).toMatch(/^warning: offset \d+: libxc record \d+ \(END, type 0x0\): lost page table: .* pfn 0x114/);
    expect(out).toMatch(/ valid, 1 warning \(/);
  });
});

/** Every position of the stream, or a sample that takes seconds. */
const FULL = process.env.XEN_STREAM_FULL === '1';

describe('xen-stream verify of a damaged file', () => {
  const name = 'xen-4.17-pv32.save.gz';
  let folder: string;
  let file: string;
  let stream: Uint8Array;
  let offsets: number[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xen-stream-verify-'));
    file = join(folder, 'damaged.save');
    stream = loadStream(name);
    writeFileSync(file, stream);
    const untold = await lowLengthOfEmulatorContext(stream);
    offsets = (await vitalOffsets(stream)).filter((offset, i) => offset !== untold && (FULL || i % 3 === 0));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const put = (at: number, bytes: Uint8Array) => {
    const fd = openSync(file, 'r+');
    writeSync(fd, bytes, 0, bytes.length, at);
    closeSync(fd);
  };

  it('one byte of a magic, version, type or length: 1, and an offset', async () => {
    expect(offsets.length).toBeGreaterThan(50);
    for (const offset of offsets) {
      put(offset, Uint8Array.of((stream[offset] ?? 0) ^ 0xff));
      const { code, out } = await run('verify', file, '--stop-at-first');
      put(offset, stream.subarray(offset, offset + 1));
      expect({ offset, code }).toEqual({ offset, code: 1 });
      expect(out).toMatch(/^error: offset \d+: (xl|libxl|libxc|wire)/);
      expect(out.match(/^error/gm)).toHaveLength(1);
    }
  });

  it('cut short: 1, and the offset of the cut', async () => {
    const ends = offsets.filter((_, i) => FULL || i % 4 === 0);
    for (const end of [...ends, stream.length - 1].sort((a, b) => b - a)) {
      truncateSync(file, end);
      const { code, out } = await run('verify', file);
      expect({ end, code }).toEqual({ end, code: 1 });
      expect(out).toContain(`error: offset ${end}: `);
    }
    writeFileSync(file, stream);
  });

  it('several faults: all of them in the order of their offsets, with type, rule and section', async () => {
    const all = await vitalOffsets(stream);
    const lastRecord = all.at(-8) ?? 0;
    put(8, Uint8Array.of(0));
    put(lastRecord, Uint8Array.of(0x66));
    const damagedMagic = await run('verify', file);
    put(8, stream.subarray(8, 9));
    const { code, out } = await run('verify', file);
    const { out: document } = await run('verify', file, '--json');
    put(lastRecord, stream.subarray(lastRecord, lastRecord + 8));
    expect(damagedMagic.out).toMatch(/^error: offset 0: xl: /);
    expect(code).toBe(1);
    expect(out).toMatch(/\[unknown-record; libxl-migration-stream, [^\]]+\]/);
    expect(JSON.parse(document)).toMatchObject({
      valid: false,
      problems: [{ rule: 'unknown-record', offset: lastRecord, recordType: 0x66 }, { rule: 'truncated' }],
    });
  });
});
