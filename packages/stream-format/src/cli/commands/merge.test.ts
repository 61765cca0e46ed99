import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySink } from '../../bytes/byte-sink.js';
import { populatedRecord, type Snapshot, snapshotRecord } from '../../chain/index.js';
import { encodeHvmContext, type HvmSaveRecord } from '../../decode/hvm-context.js';
import { LibxcWriter } from '../../libxc/writer.js';
import { run } from '../testing/run.js';

const PAGE = 4096;
const BASE = '11'.repeat(16);
const DELTA = '22'.repeat(16);
const HEADER: HvmSaveRecord = {
  type: 'HEADER',
  instance: 0,
  body: { magic: 0x54381286, version: 1, changeset: 0n, cpuid: 0, gtsc_khz: 1 },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A save of a guest with pages 0 to 3, of which these are in it, filled with a byte each. */
async function write(name: string, snapshot: Snapshot, pages: Readonly<Record<number, number>>): Promise<string> {
  const sink = new MemorySink();
  const writer = new LibxcWriter(sink);
  const pfns = Object.keys(pages).map(Number);
  await writer.headers({ version: 3, endian: 'little', guestType: 'hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 });
  await writer.record(snapshotRecord(snapshot));
  await writer.record({ type: 'STATIC_DATA_END' });
  await writer.pageData(
    pfns,
    pfns.map(() => 0),
    pfns.map((pfn) => new Uint8Array(PAGE).fill(pages[pfn] ?? 0)),
  );
  if (snapshot.parent !== undefined) await writer.record(populatedRecord([{ first: 0, count: 4 }]));
  await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 1, nsec: 0n, incarnation: 0 });
  await writer.record({ type: 'HVM_CONTEXT', data: encodeHvmContext([HEADER]) });
  await writer.record({ type: 'HVM_PARAMS', params: [{ index: 1, value: 9n }] });
  await writer.record({ type: 'END' });
  const path = join(folder, name);
  writeFileSync(path, sink.bytes());
  return path;
}

const writeBase = () => write('base', { id: BASE, parent: undefined }, { 0: 10, 1: 11, 2: 12, 3: 13 });
const writeDelta = () => write('delta', { id: DELTA, parent: BASE }, { 2: 99 });

describe('xen-stream merge', () => {
  it('makes one whole stream, which verifies and has the newest pages', async () => {
    const [base, delta, out, image] = [
      await writeBase(),
      await writeDelta(),
      join(folder, 'out'),
      join(folder, 'image'),
    ];
    expect(await run('merge', base, delta, '--out', out)).toMatchObject({ code: 0, err: '' });
    expect((await run('verify', out)).code).toBe(0);
    expect((await run('pages', out, '--out', image)).code).toBe(0);
    expect([0, 1, 2, 3].map((pfn) => readFileSync(image)[pfn * PAGE])).toEqual([10, 11, 99, 13]);
  });

  it('--as-base lets the next incremental save build upon it; OUT may be one of the files', async () => {
    const [base, delta] = [await writeBase(), await writeDelta()];
    const { code, out } = await run('merge', base, delta, '--out', base, '--as-base', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ points: [{ id: BASE }, { id: DELTA, parent: BASE }] });
    expect(JSON.parse((await run('inspect', base, '--json')).out)).toMatchObject({ snapshot: { id: DELTA } });
  });

  it('files in the wrong order: 1, and no file', async () => {
    const [base, delta] = [await writeBase(), await writeDelta()];
    const { code, err } = await run('merge', delta, base, '--out', join(folder, 'out'));
    expect(code).toBe(1);
    expect(err).toMatch(/file 1 of the chain: it is a delta/);
    expect(readdirSync(folder).sort()).toEqual(['base', 'delta']);
  });
});

describe('files of incremental saves', () => {
  it('a base is a valid stream', async () => {
    const base = await writeBase();
    expect(await run('verify', base)).toMatchObject({ code: 0, out: expect.stringMatching(/: valid \(libxc stream/) });
    expect((await run('inspect', base)).out).toContain(`snapshot ${BASE}, a base of incremental saves`);
  });

  it('a delta is a part of a guest: verify says so once, diff and pages refuse it', async () => {
    const [base, delta] = [await writeBase(), await writeDelta()];
    const { problems } = JSON.parse((await run('verify', delta, '--json')).out) as { problems: object[] };
    expect(problems).toEqual([
      expect.objectContaining({ rule: 'incremental-save', recordName: 'SNAPSHOT', offset: 40 }),
    ]);
    expect((await run('inspect', delta)).out).toContain(
      `incremental save ${DELTA}: only what was written since ${BASE}`,
    );
    const image = join(folder, 'image');
    expect(await run('diff', base, delta)).toMatchObject({ code: 2, err: expect.stringMatching(/merge the two/) });
    expect(await run('pages', delta, '--out', image)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/offset 40/),
    });
  });

  it('a record of theirs that is cut is an error with a place', async () => {
    const base = await writeBase();
    const stream = readFileSync(base);
    stream[44] = 24;
    const short = Buffer.concat([stream.subarray(0, 48 + 24), stream.subarray(48 + 32)]);
    writeFileSync(base, short);
    const { code, out } = await run('verify', base, '--stop-at-first');
    expect(code).toBe(1);
    expect(out).toMatch(/^error: offset 44: libxc record 0 \(SNAPSHOT, .*24 bytes/);
  });
});
