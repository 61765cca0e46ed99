import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { buildDomain, type Hypervisor, restoreDomain, SHUTDOWN, saveDomain } from '@xen-migration/libxc';
import { builtinKernel, createEmbeddedHost } from '@xen-migration/libxc/embedded';
import {
  findDomain,
  type Host,
  migrateDomain,
  openHost,
  receiveMigration,
  waitUntilSuspendable,
} from '@xen-migration/libxl';
import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { connectionPair } from '../device-model/connection-pair.js';
import { BenchHost, HOST_SPARE } from './bench-host.js';
import { mib, type Row } from './table.js';
import { inMemory, whereItFits } from './workspace.js';

const RUNS = 3;
const GOAL_MS = 30;
const SMALL = 'working-set=64K rate=50';
const HVM = 'HVM, working set of 64 KiB, libxc alone: downtime';
const PV = 'PV, working set of 64 KiB, libxl in one process: downtime';

/**
 * How long a guest with a small working set stands still when it migrates, whatever its size: from the moment that it is
 * asked to suspend to the moment that it could run on the other host. Both ends are in this process. HVM: as are both hosts,
 * and there is libxc alone. PV: the guest has to take part in its suspend, so that libxl migrates it, between two hosts with
 * processes of their own. (With all of xl, whose code runs for the first time: benchMigrate.)
 */
export async function benchDowntime(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizesMib) {
    for (const [what, measure] of [
      [HVM, hvmDowntimes],
      [PV, pvDowntimes],
    ] as const) {
      const row = async () => [downtimeRow(what, size, Math.min(...(await measure(size))))];
      rows.push(...(await whereItFits(what, size, size * 2.1 + 2 * HOST_SPARE, row)));
    }
  }
  return rows;
}

async function hvmDowntimes(size: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await inMemory('downtime', (folder) => hvmDowntime(folder, size)));
  return times;
}

/** There and back again. */
function pvDowntimes(size: number): Promise<number[]> {
  return inMemory('downtime', async (folder) => {
    const here = new BenchHost(join(folder, 'here'), size);
    const there = new BenchHost(join(folder, 'there'), size);
    await here.create('pv', size, SMALL);
    await there.xl('list');
    const hosts: Host[] = [];
    const times: number[] = [];
    try {
      for (const { folder: directory } of [here, there]) hosts.push(await openHost({ directory }));
      for (let i = 0; i < 2 * RUNS; i++) times.push(await pvDowntime(hosts[i % 2]!, hosts[(i + 1) % 2]!));
    } finally {
      for (const host of hosts) await host.close();
      // On one of them it is not.
      await Promise.allSettled([here, there].map((host) => host.xl('destroy', 'vm')));
      await Promise.all([here.ended(), there.ended()]);
    }
    return times;
  });
}

async function pvDowntime(from: Host, to: Host): Promise<number> {
  const pair = connectionPair();
  const received = receiveMigration({ host: to, connection: pair.receiver }).finally(() => pair.receiverGone());
  const domid = await findDomain(from, 'vm');
  // One that has just come tells where its p2m is only once it runs again.
  await waitUntilSuspendable(from, domid);
  const { downtimeMs } = await migrateDomain({ host: from, domid, connection: pair.sender });
  await received;
  return downtimeMs;
}

export function downtimeRow(what: string, sizeMib: number, ms: number): Row {
  return {
    what,
    size: mib(sizeMib),
    ours: `${ms.toFixed(1)} ms`,
    peer: '',
    ratio: '',
    goal: `< ${GOAL_MS} ms`,
    met: ms < GOAL_MS,
  };
}

async function hvmDowntime(folder: string, size: number): Promise<number> {
  const memoryMib = Math.ceil(size * 1.05) + HOST_SPARE;
  const here = await createEmbeddedHost({ directory: `${folder}/here`, memoryMib });
  const there = await createEmbeddedHost({ directory: `${folder}/there`, memoryMib });
  try {
    return await migrate(here.connect(), there.connect(), size * 1024);
  } finally {
    await here.close();
    await there.close();
  }
}

async function migrate(here: Hypervisor, there: Hypervisor, memoryKib: number): Promise<number> {
  const guest = await emptyDomain(here, memoryKib);
  const kernel = builtinKernel('selfcheck');
  await buildDomain({ ...guest, kind: 'hvm', memoryKib, kernel, cmdline: SMALL, vcpus: 1 });
  await here.unpause(guest.domid);
  const channel = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 8 }, { highWaterMark: 8 });
  const writer = channel.writable.getWriter();
  let asked = 0;
  const saving = saveDomain({
    hypervisor: here,
    domid: guest.domid,
    sink: {
      async writev(parts) {
        for (const part of parts) await writer.write(part.slice());
      },
    },
    live: true,
    debug: false,
    callbacks: {
      async suspend() {
        asked = performance.now();
        await here.shutdownDomain(guest.domid, SHUTDOWN.suspend);
      },
      switchQemuLogdirty: async () => undefined,
    },
  });
  const copy = await emptyDomain(there, memoryKib);
  await restoreDomain({ ...copy, reader: new ByteReader(byteSource(channel.readable)) });
  const ready = performance.now();
  await saving;
  return ready - asked;
}

async function emptyDomain(hypervisor: Hypervisor, memoryKib: number) {
  const uuid = Uint8Array.from(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'));
  const limits = { maxVcpus: 1, maxGrantFrames: 32, maxEventChannel: 1023 };
  const domid = await hypervisor.createDomain({ kind: 'hvm', uuid, ...limits, hap: true, passthrough: false });
  await hypervisor.setMaxMemory(domid, memoryKib + 4096);
  const ring = async () => ({ port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 });
  return { hypervisor, domid, store: await ring(), console: await ring() };
}
