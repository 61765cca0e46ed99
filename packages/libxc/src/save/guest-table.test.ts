import { ByteReader, byteSource, LibxcReader, MemorySink } from '@xen-migration/stream-format';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreResult } from '../restore/index.js';
import { type GuestOptions, TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { asVersion2 } from '../testing/streams.js';
import { type SaveOptions, saveDomain } from './index.js';

/** Every type of guest there is, each in a shape that is awkward for it. */
const GUESTS: Readonly<Record<string, Pick<GuestOptions, 'kind'> & { readonly words: string }>> = {
  pv32: { kind: 'pv32', words: 'ptchurn=on' },
  'pv64, p2m as a tree': { kind: 'pv', words: 'ptchurn=on p2m=tree' },
  'pv64, linear p2m': { kind: 'pv', words: 'ptchurn=on p2m=linear' },
  hvm: { kind: 'hvm', words: '' },
  pvh: { kind: 'pvh', words: '' },
};

interface Way {
  readonly save: Pick<SaveOptions, 'live' | 'debug' | 'stream'>;
  /** What a way does to the stream before it is restored. */
  readonly stream?: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly check?: (result: RestoreResult, rings: readonly number[]) => void;
}

const WAYS: Readonly<Record<string, Way>> = {
  'not live': { save: { live: false, debug: false } },
  live: { save: { live: true, debug: false } },
  'live, verified': {
    save: { live: true, debug: true },
    // Nobody tracks what backends write to their rings; those pages may differ.
    check: ({ verifyMismatches }, rings) => expect(verifyMismatches.filter((pfn) => !rings.includes(pfn))).toEqual([]),
  },
  'checkpointed, its sender dead in the middle of the third checkpoint': {
    save: { live: true, debug: false, stream: 'remus' },
    stream: async (bytes) => bytes.subarray(0, await middleOfCheckpoint(bytes, 3)),
    check: ({ checkpoints, failover }) => expect([checkpoints, failover !== undefined]).toEqual([2, true]),
  },
  'as a stream of version 2': {
    save: { live: false, debug: false },
    stream: asVersion2,
    check: ({ version }) => expect(version).toBe(2),
  },
};

let here: TestHost;
let there: TestHost;
const guests: TestGuest[] = [];

beforeAll(async () => {
  [here, there] = [await testHost(11, 192), await testHost(23, 192)];
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.destroy();
});
afterAll(async () => {
  await here.close();
  await there.close();
});

describe.each(Object.entries(GUESTS))('%s', (_, { kind, words }) => {
  const shape = { kind, memoryKib: 24 * 1024, vcpus: 4 };

  test.each(Object.entries(WAYS))('%s', async (_, way) => {
    // Two of the four vcpus stay offline; a part of the memory is ballooned out.
    const cmdline = `working-set=4M rate=20000 vcpus=2 balloon=2M ${words}`;
    const guest = await TestGuest.build(here, { ...shape, cmdline });
    guests.push(guest);
    await guest.start();
    const before = await stateOf(here, guest.domid);
    expect(before.width).toBe(kind === 'pv32' ? 4 : kind === 'pv' ? 8 : undefined);
    expect(before.vcpus.map(({ online }) => online)).toEqual([true, true, false, false]);
    const free = (await there.hypervisor.info()).freePages;

    const sink = new MemorySink();
    const saved = await saveDomain({
      hypervisor: here.hypervisor,
      domid: guest.domid,
      sink,
      callbacks: {
        ...guest.callbacks(),
        ...checkpointing(guest, 4),
        async suspend() {
          await guest.suspend();
          if (way.save.debug) await guest.stopServing();
        },
      },
      ...way.save,
    });
    expect(saved.cleanupErrors).toEqual([]);
    const stream = (await way.stream?.(sink.bytes())) ?? sink.bytes();

    const options = { reader: new ByteReader(byteSource(stream)), stream: way.save.stream ?? 'plain' };
    const { guest: moved, result } = await TestGuest.restore(there, shape, options);
    guests.push(moved);
    const { m2p } = there.host.state.machine;
    const gfns = [result.storeGfn ?? -1, result.consoleGfn ?? -1];
    way.check?.(result, result.guestType === 'pv' ? gfns.map((mfn) => m2p.pfnOf(mfn)) : gfns);
    expect(result.warnings).toEqual([]);
    // The balloon's pages cost nothing here either.
    expect(free - (await there.hypervisor.info()).freePages).toBeLessThan(shape.memoryKib / 4 - 400);
    expect(await stateOf(there, moved.domid)).toEqual(before);
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]*writes, 0 lost/);
  });
});

/** What is not in memory: which vcpus there are, and the state that they have beside their registers. */
async function stateOf({ hypervisor }: TestHost, domid: number) {
  const vcpus = [];
  for (let vcpu = 0; vcpu < 4; vcpu++) {
    const { online } = await hypervisor.vcpuInfo(domid, vcpu);
    vcpus.push({ online, xsave: online ? await hypervisor.vcpuXsave(domid, vcpu) : undefined });
  }
  const { hvm } = await hypervisor.domainInfo(domid);
  return {
    vcpus,
    width: hvm ? undefined : await hypervisor.guestWidth(domid),
    policy: await hypervisor.cpuPolicy(domid),
  };
}

/** Checkpoints without a pause, until there are so many. */
function checkpointing(guest: TestGuest, most: number) {
  let done = 0;
  return {
    async postcopy() {
      await guest.resume();
      return 'continue' as const;
    },
    checkpoint: async () => (++done < most ? ('continue' as const) : ('stop' as const)),
  };
}

/** An offset between the pages that lead to a CHECKPOINT record, which is the n-th. */
async function middleOfCheckpoint(bytes: Uint8Array, n: number): Promise<number> {
  const ends: number[] = [];
  const reader = new LibxcReader(new ByteReader(byteSource(bytes)));
  await reader.headers();
  while (ends.length < n) {
    const record = await reader.next();
    if (record?.type === 'CHECKPOINT') ends.push(record.offset);
  }
  return Math.floor((ends[n - 1]! + ends[n - 2]!) / 2);
}
