import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ByteReader,
  byteSource,
  ChainError,
  type ChainFile,
  MemorySink,
  mergeChain,
  mergedChain,
  readChain,
  verifyChain,
} from '@xen-migration/stream-format';
import { chainFile } from '@xen-migration/stream-format/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RestoreError } from '../restore/index.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { guestImageOf } from '../testing/streams.js';
import { saveDomain } from './index.js';

let here: TestHost;
let there: TestHost;
let folder: string;
const guests: TestGuest[] = [];

beforeAll(async () => {
  [here, there] = [await testHost(73, 96), await testHost(79, 96)];
  folder = mkdtempSync(join(tmpdir(), 'chain-'));
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.destroy();
});
afterAll(async () => {
  await here.close();
  await there.close();
  rmSync(folder, { recursive: true });
});

const newId = () => randomBytes(16).toString('hex');

async function saved(guest: TestGuest, live: boolean, incremental: { id: string; parent?: string }) {
  const sink = new MemorySink();
  const { hypervisor } = guest.host;
  const callbacks = guest.callbacks();
  await saveDomain({ hypervisor, domid: guest.domid, sink, live, debug: false, callbacks, incremental });
  return sink.bytes();
}

const inMemory = (bytes: Uint8Array): ChainFile => ({
  open: async () => new ByteReader(byteSource(bytes)),
  async readAt(offset, into) {
    into.set(bytes.subarray(offset, offset + into.length));
  },
});

async function mergedBytes(files: readonly ChainFile[], asBase = false): Promise<Uint8Array> {
  const sink = new MemorySink();
  await mergeChain(files, sink, { asBase });
  return sink.bytes();
}

describe.each([
  ['pv', 'ptchurn=on'],
  ['pv32', 'ptchurn=on'],
  ['hvm', ''],
] as const)('a chain of a %s guest', (kind, words) => {
  test('each of its points is a whole guest, and a merged chain an ordinary stream', async () => {
    const shape = { kind, memoryKib: 12 * 1024, vcpus: 2 };
    const guest = await TestGuest.build(here, { ...shape, cmdline: `working-set=2M rate=3000 balloon=1M ${words}` });
    guests.push(guest);
    await guest.start();

    const ids = [newId(), newId(), newId()];
    const streams: Uint8Array[] = [];
    for (const [i, id] of ids.entries()) {
      if (i > 0) await guest.resume();
      await sleep(50);
      streams.push(await saved(guest, i !== 2, i === 0 ? { id } : { id, parent: ids[i - 1]! }));
    }
    // A delta is what was written meanwhile, not the guest.
    expect(streams[1]!.length).toBeLessThan(streams[0]!.length / 2);
    const files = streams.map((stream, i) => {
      const path = join(folder, `${kind}-${i}`);
      writeFileSync(path, stream);
      return chainFile(path);
    });
    const { points } = await readChain(files);
    expect(points.map(({ id, parent, bytes }) => [id, parent, bytes])).toEqual([
      [ids[0], undefined, streams[0]!.length],
      [ids[1], ids[0], streams[1]!.length],
      [ids[2], ids[1], streams[2]!.length],
    ]);
    for (const { problems } of await verifyChain(files)) expect(problems).toEqual([]);

    for (let count = 1; count <= files.length; count++) {
      const reader = new ByteReader(byteSource(mergedChain(files.slice(0, count))));
      const { guest: moved, result } = await TestGuest.restore(there, shape, { reader });
      expect(result.warnings).toEqual([]);
      await moved.run();
      await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]* 0 lost/);
      await moved.destroy();
    }

    // Merged in two steps or in one, the guest is the same.
    const half = await mergedBytes(files.slice(0, 2), true);
    const [whole, stepwise] = [await mergedBytes(files), await mergedBytes([inMemory(half), files[2]!])];
    expect(Buffer.compare(stepwise, whole)).toBe(0);
    // Pages that are gone are gone, and every page that the guest has is there.
    const [first, last] = [await guestImageOf(streams[0]!), await guestImageOf(whole)];
    const expected = new Set([...first.pages.keys()]);
    expect(new Set(last.pages.keys())).toEqual(expected);

    await expect(mergedBytes([files[0]!, files[2]!])).rejects.toMatchObject({ code: 'WRONG_PARENT', file: 1 });
    await expect(mergedBytes([files[1]!, files[2]!])).rejects.toMatchObject({ code: 'WRONG_PARENT', file: 0 });
    await expect(readChain([])).rejects.toBeInstanceOf(ChainError);
    const lone = TestGuest.restore(there, shape, { reader: new ByteReader(byteSource(streams[1]!)) });
    await expect(lone).rejects.toBeInstanceOf(RestoreError);
    await expect(lone).rejects.toMatchObject({ code: 'DELTA', phase: 'static-data', record: { index: 0 } });
    for (const file of files) file.close();
  });
});

test('a delta is refused when its guest was not tracked all the time', async () => {
  const guest = await TestGuest.build(here, { kind: 'pv', memoryKib: 8 * 1024, cmdline: 'rate=1000' });
  guests.push(guest);
  await guest.start();
  const id = newId();
  const refused = () =>
    expect(saved(guest, true, { id: newId(), parent: id })).rejects.toMatchObject({ code: 'NOT_TRACKED' });
  await refused();
  await saved(guest, false, { id });
  await guest.resume();
  // Another save in between takes the tracking for itself, and ends it.
  const { hypervisor } = here;
  const sink = { writev: async () => undefined };
  const callbacks = guest.callbacks();
  await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks });
  await guest.resume();
  await refused();
});

test('a delta that fails ends the chain: what it took out of the bitmap is in no file', async () => {
  const guest = await TestGuest.build(here, { kind: 'hvm', memoryKib: 8 * 1024, cmdline: 'rate=1000' });
  guests.push(guest);
  await guest.start();
  const id = newId();
  await saved(guest, true, { id });
  await guest.resume();
  const { hypervisor } = here;
  const callbacks = guest.callbacks();
  let writes = 0;
  const failing = saveDomain({
    hypervisor,
    domid: guest.domid,
    sink: { writev: async () => (++writes > 6 ? Promise.reject(new Error('disk full')) : undefined) },
    live: false,
    debug: false,
    callbacks,
    incremental: { id: newId(), parent: id },
  });
  await expect(failing).rejects.toMatchObject({ code: 'WRITE' });
  expect(callbacks.qemuLogdirty).toEqual([true, false]);
  await guest.resume();
  await expect(saved(guest, true, { id: newId(), parent: id })).rejects.toMatchObject({ code: 'NOT_TRACKED' });
});

test('a save that is no part of a chain can not be merged, nor one of another guest', async () => {
  const guest = await TestGuest.build(here, { kind: 'pv', memoryKib: 8 * 1024, cmdline: 'rate=1000' });
  guests.push(guest);
  await guest.start();
  const sink = new MemorySink();
  const { hypervisor } = here;
  const callbacks = guest.callbacks();
  await saveDomain({ hypervisor, domid: guest.domid, sink, live: false, debug: false, callbacks });
  await expect(readChain([inMemory(sink.bytes())])).rejects.toMatchObject({ code: 'NOT_A_SNAPSHOT', file: 0 });
  await guest.resume();
  await expect(saved(guest, false, { id: 'not hexadecimal' })).rejects.toMatchObject({ code: 'BAD_OPTIONS' });
});
