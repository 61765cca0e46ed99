import { ByteReader, type ByteSink, byteSource, MemorySink } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watched } from '../testing/faults.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { SaveError, type SaveOptions, saveDomain } from './index.js';

const MEMORY = { memoryKib: 8 * 1024 };

describe.each(['pv', 'hvm'] as const)('a %s guest whose save fails', (kind) => {
  let host: TestHost;
  let guest: TestGuest;
  /** Mappings that the test itself holds. */
  let mapped: number;

  beforeAll(async () => {
    host = await testHost(31, 64);
    guest = await TestGuest.build(host, { kind, ...MEMORY, cmdline: 'working-set=1M rate=5000' });
    await guest.start();
    mapped = heldMappings(host);
  });
  afterAll(async () => {
    guest.forgetText();
    await guest.says(/ 0 lost/);
    await guest.leave();
    await host.close();
  });

  async function failure(changes: Partial<SaveOptions>): Promise<SaveError> {
    const callbacks = guest.callbacks();
    const options = {
      hypervisor: host.hypervisor,
      domid: guest.domid,
      sink: new MemorySink(),
      live: true,
      debug: false,
    };
    const error = await saveDomain({ ...options, callbacks, ...changes }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SaveError);
    // Whatever failed: nothing stays mapped, writes are no longer tracked, the device model neither.
    expect(heldMappings(host)).toBe(mapped);
    await host.hypervisor.enableLogDirty(guest.domid);
    await host.hypervisor.disableLogDirty(guest.domid);
    const { qemuLogdirty } = callbacks;
    if (changes.callbacks === undefined) expect(qemuLogdirty.filter((on) => on).length).toBe(qemuLogdirty.length / 2);
    return error as SaveError;
  }

  /** A save may have failed with the guest suspended: then the toolstack lets it run on. */
  async function goesOn(): Promise<void> {
    const { shutdown } = await host.hypervisor.domainInfo(guest.domid);
    if (!shutdown) return;
    guest.forgetText();
    await guest.resume();
    await guest.says(/suspend cancelled on \d+, all \d+ pages intact/);
  }

  test('the sink fails while the guest runs', async () => {
    for (const at of [0, 3, 6]) {
      const error = await failure({ sink: new CountingSink(at) });
      expect(error).toMatchObject({ code: 'WRITE', cause: { code: 'ENOSPC' }, cleanupErrors: [] });
      await goesOn();
    }
  });

  test('it is cancelled before a batch: the guest is not asked to suspend', async () => {
    const cancel = new AbortController();
    const error = await failure({
      signal: cancel.signal,
      onProgress: ({ phase, pagesDone }) => {
        if (phase === 'precopy' && pagesDone > 0) cancel.abort(new Error('ctrl-c'));
      },
    });
    expect(error).toMatchObject({ code: 'ABORTED', phase: 'precopy', cause: { message: 'ctrl-c' } });
    expect(await host.hypervisor.domainInfo(guest.domid)).toMatchObject({ shutdown: false });
    await goesOn();
  });

  test.each([1, 2, 3, 4])('the policy gives up when it is asked the %i. time', async (time) => {
    let asked = 0;
    const error = await failure({ policy: () => (++asked === time ? 'abort' : 'continue') });
    expect(error).toMatchObject({ code: 'POLICY_ABORT', phase: 'precopy' });
    expect(asked).toBe(time);
    await goesOn();
  });

  test('the guest will not suspend, or only says so', async () => {
    const refused = { ...guest.callbacks(), suspend: () => Promise.reject(new Error('timed out')) };
    expect(await failure({ callbacks: refused })).toMatchObject({ code: 'SUSPEND_FAILED', phase: 'suspend' });
    const lied = { ...guest.callbacks(), suspend: async () => undefined };
    expect(await failure({ callbacks: lied })).toMatchObject({ code: 'NOT_SUSPENDED', phase: 'suspend' });
    expect(await failure({ callbacks: lied, live: false })).toMatchObject({ code: 'NOT_SUSPENDED' });
    await goesOn();
  });

  test('the hypervisor tracks another number of pages', async () => {
    const hypervisor = watched(host.hypervisor, {
      after: (operation, answer) => (operation === 'logDirty' ? { ...(answer as object), pages: 7 } : answer),
    });
    expect(await failure({ hypervisor })).toMatchObject({
      code: 'LOG_DIRTY',
      message: expect.stringContaining('7 pages'),
    });
    await goesOn();
  });

  test('log-dirty mode that is on already is switched off and on: what left it on is gone', async () => {
    await host.hypervisor.enableLogDirty(guest.domid);
    const sink = new MemorySink();
    const { hypervisor } = host;
    await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks: guest.callbacks() });
    await goesOn();
  });

  test('a page type that nobody knows', async () => {
    const hypervisor = watched(host.hypervisor, {
      after: (operation, answer) => (operation === 'pageTypes' ? (answer as Uint8Array).fill(6, 3, 4) : answer),
    });
    expect(await failure({ hypervisor })).toMatchObject({ code: 'UNKNOWN_PAGE_TYPE', pfn: 3 });
    await goesOn();
  });
});

describe('a PV guest that maps what is not its own', () => {
  let host: TestHost;
  let guest: TestGuest;
  let table: { pfn: number; mfn: number };
  let sharedInfo: number;

  beforeAll(async () => {
    host = await testHost(37, 96);
    guest = await TestGuest.build(host, { kind: 'pv', ...MEMORY, cmdline: 'working-set=1M rate=5000' });
    await guest.start();
    table = await levelOneTable(host, guest.domid);
    sharedInfo = (await host.hypervisor.domainInfo(guest.domid)).sharedInfoFrame;
  });
  afterAll(async () => {
    await guest.leave();
    await host.close();
  });

  /** As if the guest's last entry mapped Xen's page: what stock xl lost a page table over. */
  function mapForeignFrame(entry: bigint): void {
    const page = host.host.state.machine.memory.frame(table.mfn);
    new DataView(page.buffer, page.byteOffset).setBigUint64(511 * 8, entry, true);
  }

  test('while it runs, the table is put off; when it is gone at the end, the guest comes over whole', async () => {
    mapForeignFrame((BigInt(sharedInfo) << 12n) | 1n);
    const sink = new MemorySink();
    const callbacks = guest.callbacks();
    const { hypervisor } = host;
    await saveDomain({
      hypervisor,
      domid: guest.domid,
      sink,
      live: true,
      debug: false,
      callbacks: {
        ...callbacks,
        async suspend() {
          await callbacks.suspend();
          mapForeignFrame(0n);
        },
      },
    });
    const reader = new ByteReader(byteSource(sink.bytes()));
    const { guest: moved, result } = await TestGuest.restore(host, { kind: 'pv', ...MEMORY }, { reader });
    expect(result.warnings).toEqual([]);
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact/);
    await moved.destroy();
    await guest.resume();
    await guest.says(/suspend cancelled on/);
  });

  test('once it is suspended, the save fails and names page, entry and frame', async () => {
    const callbacks = guest.callbacks();
    const error = await saveDomain({
      hypervisor: host.hypervisor,
      domid: guest.domid,
      sink: new MemorySink(),
      live: true,
      debug: false,
      callbacks: {
        ...callbacks,
        async suspend() {
          await callbacks.suspend();
          mapForeignFrame((BigInt(sharedInfo) << 12n) | 1n);
          // Xen marks a table that the guest changes.
          host.host.state.markDirty(host.host.state.domain(guest.domid, 'domainInfo'), table.mfn);
        },
      },
    }).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'UNTRANSLATABLE_ENTRY',
      phase: 'stop-and-copy',
      pfn: table.pfn,
      entry: 511,
      mfn: sharedInfo,
    });
    mapForeignFrame(0n);
  });
});

function heldMappings(host: TestHost): number {
  return [...host.host.state.connections].reduce((sum, connection) => sum + connection.mappings.size, 0);
}

/** Another domain's type query shows it: a table of level 1 whose last entry is free. */
async function levelOneTable({ host, hypervisor }: TestHost, domid: number): Promise<{ pfn: number; mfn: number }> {
  const { machine } = host.state;
  for (let mfn = 1; mfn <= (await hypervisor.maximumRamPage()); mfn++) {
    if (machine.frames.ownerOf(mfn) !== domid) continue;
    const [type = 0] = await hypervisor.pageTypes(domid, Float64Array.of(mfn));
    const page = type === 1 ? machine.memory.frame(mfn) : undefined;
    if (page?.subarray(511 * 8).every((byte) => byte === 0)) return { pfn: machine.m2p.pfnOf(mfn), mfn };
  }
  throw new Error('the guest has no level-1 table with a free entry');
}

/** Fails at one write, as a full disk does. */
class CountingSink implements ByteSink {
  writes = 0;

  constructor(private readonly failing: number) {}

  async writev(): Promise<void> {
    if (this.writes++ === this.failing) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}
