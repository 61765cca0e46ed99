import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mutator } from '../../../stream-format/src/testing/mutations.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { settledMemory } from '../testing/settled-memory.js';
import { type SmallGuestKind, smallStream } from '../testing/small-guests.js';
import { RestoreError, restoreDomain } from './index.js';

/** How many streams of each kind of guest; the long run: XEN_HOSTILE_STREAMS=333334 vitest run hostile (10^6 in all). */
const STREAMS = Number(process.env.XEN_HOSTILE_STREAMS ?? 1000);
const SEED = Number(process.env.XEN_HOSTILE_SEED ?? 1);
/** Far more than the few milliseconds that one takes: a machine may be busy. */
const HANGS_AFTER_MS = 20_000;
/** What restores may hold: records of 128 MiB at most, and garbage that is not collected yet. */
const MEMORY_BOUND = 512 * 2 ** 20;
/** What may be left of it when nothing is under way: compiled code, and what the test keeps. */
const SETTLED_BOUND = 32 * 2 ** 20;
/** Streams between two looks at the memory, and between two that collect the garbage first. */
const LOOK_EVERY = 16;
const SETTLE_EVERY = 1000;

const BACKENDS = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };

let host: TestHost;
beforeAll(async () => {
  host = await testHost(59, 64);
});
afterAll(() => host.close());

const goesOn = async () => 'continue' as const;
const COLO = {
  callbacks: { postcopy: goesOn, waitCheckpoint: goesOn, suspend: goesOn },
  backChannel: { writev: async () => undefined },
};

async function restore(kind: SmallGuestKind, bytes: Uint8Array, stream: 'plain' | 'remus' | 'colo') {
  const domid = await host.newDomain(kind === 'hvm' ? 'hvm' : 'pv', 64);
  try {
    const reader = new ByteReader(byteSource(bytes));
    const options = { hypervisor: host.hypervisor, domid, reader, stream, ...BACKENDS };
    return await restoreDomain(stream === 'colo' ? { ...options, ...COLO } : options);
  } catch (e) {
    return e;
  } finally {
    await host.hypervisor.destroyDomain(domid);
  }
}

describe.each(['pv64', 'pv32', 'hvm'] as const)('streams of a %s guest', (kind) => {
  test(
    `${STREAMS} of them spoilt: each is restored or refused with its place, and nothing is left behind`,
    async () => {
      const stream = await smallStream(host, kind);
      expect(await restore(kind, stream, 'plain')).toMatchObject({ bytesRead: stream.length });
      const { machine } = host.host.state;
      const free = machine.freeFrames;
      const before = await settledMemory(memoryHeld);
      const mutator = new Mutator(stream, SEED);
      let refused = 0;
      for (let n = 0; n < STREAMS; n++) {
        const { what, bytes } = mutator.next();
        const began = performance.now();
        const outcome = await restore(kind, bytes, wayOf(n, kind));
        const where = `stream ${n} (${what})`;
        if (!isFine(outcome, bytes)) throw new Error(`${where}: ${String(outcome)}`, { cause: outcome });
        if (outcome instanceof RestoreError) refused++;
        if (performance.now() - began > HANGS_AFTER_MS) throw new Error(`${where} took too long`);
        if (machine.freeFrames !== free) throw new Error(`${where} cost pages of the host`);
        const held = n % LOOK_EVERY === 0 ? memoryHeld() : 0;
        if (held - before > MEMORY_BOUND) throw new Error(`${where}: restores hold ${held - before} bytes`);
        if ((n + 1) % SETTLE_EVERY !== 0) continue;
        const grown = (await settledMemory(memoryHeld)) - before;
        if (grown > SETTLED_BOUND) throw new Error(`${where}: ${grown} bytes are left behind by now`);
      }
      expect(refused).toBeGreaterThan(STREAMS / 2);
      expect(host.host.state.connections.values().next().value?.mappings.size).toBe(0);
    },
    600_000 + STREAMS * 100,
  );
});

/** Every eighth is taken as a checkpointed stream; of an HVM guest, one more as COLO's. */
function wayOf(n: number, kind: SmallGuestKind): 'plain' | 'remus' | 'colo' {
  if (n % 8 === 0) return 'remus';
  return n % 8 === 4 && kind === 'hvm' ? 'colo' : 'plain';
}

/** A result, or an error that says what and where. */
function isFine(outcome: unknown, bytes: Uint8Array): boolean {
  if (!(outcome instanceof RestoreError))
    return typeof outcome === 'object' && outcome !== null && 'bytesRead' in outcome;
  if (outcome.code === 'INTERNAL') return false;
  return outcome.offset >= 0 && outcome.offset <= bytes.length;
}

function memoryHeld(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
