import { randomUUID } from 'node:crypto';
import { buildDomain, type Hypervisor, restoreDomain, SHUTDOWN, saveDomain } from '@xen-migration/libxc';
import { builtinKernel, createEmbeddedHost } from '@xen-migration/libxc/embedded';
import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { mib, type Row } from './table.js';
import { inMemory, whereItFits } from './workspace.js';

const RUNS = 3;
const GOAL_MS = 30;
const HOST_SPARE = 128;
const WHAT = 'HVM, working set of 64 KiB, libxc alone: downtime';

/**
 * How long a guest with a small working set stands still when it migrates, whatever its size: from the moment that it is
 * asked to suspend to the moment that it could run on the other host. Both hosts are in this process, the guest is HVM; a PV
 * guest has to take part in its suspend, so that its downtime is measured with all of xl (benchMigrate).
 */
export async function benchDowntime(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizesMib) {
    rows.push(...(await whereItFits(WHAT, size, size * 2.1 + 2 * HOST_SPARE, () => downtimeRows(size))));
  }
  return rows;
}

async function downtimeRows(size: number): Promise<Row[]> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await inMemory('downtime', (folder) => downtime(folder, size)));
  return [downtimeRow(WHAT, size, Math.min(...times))];
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

async function downtime(folder: string, size: number): Promise<number> {
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
  await buildDomain({ ...guest, kind: 'hvm', memoryKib, kernel, cmdline: 'working-set=64K rate=50', vcpus: 1 });
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
