import { type SaveOptions, saveDomain } from '@xen-migration/libxc';
import { ByteReader, byteSource, MemorySink, mergeChain } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// Guests that execute inside a test belong to libxc's own tests, and are no part of what it publishes.
import { type GuestOptions, TestGuest } from '../../../libxc/src/testing/guest.js';
import { type TestHost, testHost } from '../../../libxc/src/testing/hosts.js';
import { asVersion2 } from '../../../libxc/src/testing/streams.js';
import { xenTools } from '../xen-tools.js';
import { type Sample, xenVerdicts } from './xen-verifier.js';

const tools = xenTools();
if ('missing' in tools) console.warn(`Xen's verifier is not asked about our own streams: ${tools.missing}`);

const GUESTS: readonly (readonly [name: string, kind: GuestOptions['kind'], words: string])[] = [
  ['pv32', 'pv32', 'ptchurn=on'],
  ['pv64, p2m as a tree', 'pv', 'ptchurn=on p2m=tree'],
  ['pv64, linear p2m', 'pv', 'ptchurn=on p2m=linear'],
  ['hvm', 'hvm', ''],
  ['pvh', 'pvh', ''],
];
const END_RECORD = new Uint8Array(8);
const CHECKPOINTS = 2;

let host: TestHost;
beforeAll(async () => {
  host = await testHost(83, 96);
});
afterAll(() => host.close());

async function saved(guest: TestGuest, options: Partial<SaveOptions>): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  const { hypervisor } = host;
  let checkpoints = 0;
  const callbacks = {
    ...guest.callbacks(),
    async postcopy() {
      await guest.resume();
      return 'continue' as const;
    },
    checkpoint: async () => (++checkpoints < CHECKPOINTS ? ('continue' as const) : ('stop' as const)),
  };
  await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks, ...options });
  // After a checkpoint it runs already.
  if (options.stream !== 'remus') await guest.resume();
  return sink.bytes();
}

const inMemory = (bytes: Uint8Array<ArrayBuffer>) => ({
  open: async () => new ByteReader(byteSource(bytes)),
  async readAt(offset: number, into: Uint8Array) {
    into.set(bytes.subarray(offset, offset + into.length));
  },
});

async function merged(files: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  await mergeChain(files.map(inMemory), sink);
  return sink.bytes();
}

describe.skipIf('missing' in tools)(
  "Xen's own verifier, of every stream that libxc writes (skipped without python3 and apt)",
  () => {
    it.each(GUESTS)('of a %s guest', async (_, kind, words) => {
      const cmdline = `working-set=1M rate=3000 vcpus=2 balloon=1M ${words}`;
      const guest = await TestGuest.build(host, { kind, memoryKib: 8 * 1024, vcpus: 3, cmdline });
      await guest.start();
      const notLive = await saved(guest, { live: false });
      const remus = await saved(guest, { stream: 'remus' });
      const [first, second] = ['1'.repeat(32), '2'.repeat(32)];
      const base = await saved(guest, { incremental: { id: first } });
      const delta = await saved(guest, { live: false, incremental: { id: second, parent: first } });
      const streams: Readonly<Record<string, Uint8Array>> = {
        'not live': notLive,
        'as version 2': await asVersion2(notLive),
        live: await saved(guest, {}),
        'live, verified': await saved(guest, { debug: true }),
        'checkpointed, ended': Buffer.concat([remus, END_RECORD]),
        'base and delta, merged': await merged([base, delta]),
        'checkpointed, as it is': remus,
        'base of a chain': base,
        'a delta alone': delta,
      };
      await guest.destroy();
      const samples = Object.entries(streams).map(([name, stream]): Sample => ({ name, framing: 'libxc', stream }));
      const verdicts = xenVerdicts(tools as Exclude<typeof tools, { missing: string }>, samples);
      expect(Object.fromEntries(samples.map(({ name }, i) => [name, verdicts[i] ?? 'accepted']))).toEqual({
        'not live': 'accepted',
        'as version 2': 'accepted',
        live: 'accepted',
        'live, verified': 'accepted',
        'checkpointed, ended': 'accepted',
        'base and delta, merged': 'accepted',
        // As Xen's own: nobody ends a stream of checkpoints, so its reader comes to the end of the file.
        'checkpointed, as it is': 'OSError: Stream truncated',
        // Restored by stock Xen all the same (docs/incremental.md of libxc): its verifier knows no optional records.
        'base of a chain': expect.stringMatching(/unknown|unrecognised|Unexpected/i),
        // No whole guest, and to be refused.
        'a delta alone': expect.stringMatching(/unknown|unrecognised|Unexpected/i),
      });
    });
  },
);
