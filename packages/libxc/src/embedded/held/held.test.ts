import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Hypervisor, SHUTDOWN, VIRQ_DOM_EXC } from '../../hypervisor/hypervisor.js';
import { pvLayout, VGCF_ONLINE } from '../../x86/layout.js';
import { readWord, writeWord } from '../../x86/words.js';
import { Host } from '../host.js';

const LAYOUT = pvLayout(8);
const P2M_VADDR = 0xffff_c900_0000_0000n;
/** What each pfn is: four levels of tables that map the p2m, start_info, the rings. */
const PFN = { l4: 0, l3: 1, l2: 2, l1: 3, p2m: 4, startInfo: 5, store: 6, console: 7 } as const;
const PAGES = 8;

let directory: string;
let host: Host;
let hypervisor: Hypervisor;
let domid: number;
let mfns: Float64Array;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-held-'));
  host = await Host.create({ directory, memoryMib: 64, seed: 11 });
  hypervisor = host.connect();
  domid = await restoredGuest();
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

/** A guest as restore leaves it: start_info's rings are mfns, shared_info says nothing true of the p2m. */
async function restoredGuest(): Promise<number> {
  const domid = await hypervisor.createDomain({
    kind: 'pv',
    uuid: new Uint8Array(16),
    maxVcpus: 1,
    maxGrantFrames: 32,
    maxEventChannel: 1023,
    hap: false,
    passthrough: false,
  });
  await hypervisor.setMaxMemory(domid, PAGES * 4);
  mfns = await hypervisor.populatePhysmap(
    domid,
    Float64Array.from({ length: PAGES }, (_, i) => i),
    0,
  );
  const { sharedInfoFrame } = await hypervisor.domainInfo(domid);
  await edit([...mfns, sharedInfoFrame], (pages) => {
    for (const page of pages) page.fill(0);
    const link = (table: number, index: number, target: number) =>
      writeWord(pages[table]!, index * 8, 8, (BigInt(mfns[target]!) << 12n) | 0x65n);
    link(PFN.l4, Number((P2M_VADDR >> 39n) % 512n), PFN.l3);
    link(PFN.l3, Number((P2M_VADDR >> 30n) % 512n), PFN.l2);
    link(PFN.l2, Number((P2M_VADDR >> 21n) % 512n), PFN.l1);
    link(PFN.l1, 0, PFN.p2m);
    mfns.forEach((mfn, pfn) => {
      writeWord(pages[PFN.p2m]!, pfn * 8, 8, BigInt(mfn));
    });
    writeWord(pages[PFN.startInfo]!, LAYOUT.startInfo.storeFrame, 8, BigInt(mfns[PFN.store]!));
    writeWord(pages[PFN.startInfo]!, LAYOUT.startInfo.consoleFrame, 8, BigInt(mfns[PFN.console]!));
    writeWord(pages[PAGES]!, LAYOUT.sharedInfo.pfnCount, 8, BigInt(PAGES));
    writeWord(pages[PAGES]!, LAYOUT.sharedInfo.p2mVaddr, 8, P2M_VADDR);
    writeWord(pages[PAGES]!, LAYOUT.sharedInfo.p2mCr3, 8, 0xdead_b000n);
  });
  const context = new Uint8Array(LAYOUT.vcpuContext.size);
  writeWord(context, LAYOUT.vcpuContext.flags, 8, BigInt(VGCF_ONLINE));
  writeWord(context, LAYOUT.vcpuContext.cr3, 8, BigInt(mfns[PFN.l4]!) << 12n);
  writeWord(context, LAYOUT.vcpuContext.dx, 8, BigInt(mfns[PFN.startInfo]!));
  await hypervisor.setVcpuContext(domid, 0, context);
  return domid;
}

async function edit(gfns: readonly number[], work: (pages: Uint8Array[]) => void): Promise<void> {
  const mapping = await hypervisor.mapForeign(domid ?? 1, Float64Array.from(gfns), 'write');
  expect([...mapping.errors].every((errno) => errno === 0)).toBe(true);
  work(gfns.map((_, i) => mapping.page(i)));
  await mapping.unmap();
}

const frame = (mfn: number) => host.state.machine.memory.frame(mfn);
const ringFrames = () =>
  [LAYOUT.startInfo.storeFrame, LAYOUT.startInfo.consoleFrame].map((at) =>
    Number(readWord(frame(mfns[PFN.startInfo]!), at, 8)),
  );
const p2mCr3 = async () =>
  readWord(frame((await hypervisor.domainInfo(domid)).sharedInfoFrame), LAYOUT.sharedInfo.p2mCr3, 8);

it('is said to be held, runs nothing, and registers its p2m when it is let go', async () => {
  expect((await hypervisor.domainInfo(domid)).heldBecause).toMatch(/x86 code/);
  expect(await p2mCr3()).toBe(0xdead_b000n);
  await hypervisor.unpause(domid);
  expect(await p2mCr3()).toBe(BigInt(mfns[PFN.l4]!) << 12n);
  expect(await hypervisor.domainInfo(domid)).toMatchObject({
    paused: false,
    blocked: true,
    running: false,
    cpuTime: 0n,
  });
  expect(ringFrames()).toEqual([mfns[PFN.store], mfns[PFN.console]]);
});

it('suspends when the toolstack asks, as its kernel would: rings become pfns, and that is seen as a write', async () => {
  expect(await host.suspendRequested(domid)).toBe(false);
  await hypervisor.unpause(domid);
  await hypervisor.enableLogDirty(domid);
  const events = await hypervisor.openEventChannels();
  const port = await events.bindVirq(VIRQ_DOM_EXC);
  expect(await host.suspendRequested(domid)).toBe(true);
  expect(await events.pending()).toBe(port);
  expect(await hypervisor.domainInfo(domid)).toMatchObject({ shutdown: true, shutdownReason: SHUTDOWN.suspend });
  expect(ringFrames()).toEqual([PFN.store, PFN.console]);
  const bitmap = new Uint8Array(8);
  const { dirty } = await hypervisor.logDirty(domid, 'clean', bitmap, PAGES, true);
  expect([dirty, bitmap[0]]).toEqual([1, 1 << PFN.startInfo]);
  const context = await hypervisor.vcpuContext(domid, 0);
  expect(Number(readWord(context, LAYOUT.vcpuContext.dx, 8))).toBe(mfns[PFN.startInfo]);
});

it('goes on when its suspend is cancelled: rings become mfns again', async () => {
  await hypervisor.unpause(domid);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
  expect(ringFrames()).toEqual([PFN.store, PFN.console]);
  const context = await hypervisor.vcpuContext(domid, 0);
  writeWord(context, LAYOUT.vcpuContext.ax, 8, 1n);
  await hypervisor.setVcpuContext(domid, 0, context);
  await hypervisor.resumeDomain(domid);
  expect(ringFrames()).toEqual([mfns[PFN.store], mfns[PFN.console]]);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
  expect(ringFrames()).toEqual([PFN.store, PFN.console]);
});
