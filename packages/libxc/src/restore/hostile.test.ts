import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../testing/hosts.js';
import { Mutator } from '../testing/mutations.js';
import { type SmallGuestKind, smallStream } from '../testing/small-guests.js';
import { RestoreError, restoreDomain } from './index.js';

/** How many streams of each kind of guest; the long run: XEN_HOSTILE_STREAMS=333334 vitest run hostile (10^6 in all). */
const STREAMS = Number(process.env.XEN_HOSTILE_STREAMS ?? 1000);
const SEED = Number(process.env.XEN_HOSTILE_SEED ?? 1);
/** Far more than the few milliseconds that one takes: a machine may be busy. */
const HANGS_AFTER_MS = 20_000;
/** What restores may hold: records of 128 MiB at most, and garbage that is not collected yet. */
const MEMORY_BOUND = 512 * 2 ** 20;

const BACKENDS = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };

let host: TestHost;
beforeAll(async () => {
  host = await testHost(59, 64);
});
afterAll(() => host.close());

async function restore(kind: SmallGuestKind, bytes: Uint8Array, stream: 'plain' | 'remus') {
  const domid = await host.newDomain(kind === 'hvm' ? 'hvm' : 'pv', 64);
  try {
    const reader = new ByteReader(byteSource(bytes));
    return await restoreDomain({ hypervisor: host.hypervisor, domid, reader, stream, ...BACKENDS });
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
      const free = (await host.hypervisor.info()).freePages;
      const before = memoryHeld();
      const mutator = new Mutator(stream, SEED);
      let refused = 0;
      for (let n = 0; n < STREAMS; n++) {
        const { what, bytes } = mutator.next();
        const began = performance.now();
        const outcome = await restore(kind, bytes, n % 8 === 0 ? 'remus' : 'plain');
        const where = `stream ${n} (${what})`;
        if (!isFine(outcome, bytes)) throw new Error(`${where}: ${String(outcome)}`, { cause: outcome });
        if (outcome instanceof RestoreError) refused++;
        if (performance.now() - began > HANGS_AFTER_MS) throw new Error(`${where} took too long`);
        if ((await host.hypervisor.info()).freePages !== free) throw new Error(`${where} cost pages of the host`);
        // Each HVM domain of the embedded host has 16 MiB of its own, which are collected some time.
        if (memoryHeld() - before > MEMORY_BOUND) await collect(() => memoryHeld() - before < MEMORY_BOUND / 2, where);
      }
      expect(refused).toBeGreaterThan(STREAMS / 2);
      expect(host.host.state.connections.values().next().value?.mappings.size).toBe(0);
    },
    600_000 + STREAMS * 100,
  );
});

/** A result, or an error that says what and where. */
function isFine(outcome: unknown, bytes: Uint8Array): boolean {
  if (!(outcome instanceof RestoreError))
    return typeof outcome === 'object' && outcome !== null && 'bytesRead' in outcome;
  if (outcome.code === 'INTERNAL') return false;
  return outcome.offset >= 0 && outcome.offset <= bytes.length;
}

/** Node's own switch, for a process that was started without it. */
async function collect(isDone: () => boolean, where: string): Promise<void> {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  for (let tries = 0; tries < 50 && !isDone(); tries++) {
    gc();
    // Buffers are freed by another thread.
    await sleep(100);
  }
  if (isDone()) return;
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  throw new Error(`${where}: memory grows: heap ${heapUsed}, buffers ${arrayBuffers}`);
}

function memoryHeld(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
