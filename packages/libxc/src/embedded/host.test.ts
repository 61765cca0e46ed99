import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { Host } from './host.js';

let directory: string;
let host: Host;
let hypervisor: Hypervisor;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-host-'));
  host = await Host.create({ directory, memoryMib: 128, seed: 7 });
  hypervisor = host.connect();
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

const config = (kind: 'pv' | 'hvm', extra: object = {}) => ({
  kind,
  uuid: new Uint8Array(16).fill(1),
  maxVcpus: 2,
  maxGrantFrames: 32,
  maxEventChannel: 1023,
  hap: true,
  passthrough: false,
  ...extra,
});

const upTo = (count: number, from = 0) => Float64Array.from({ length: count }, (_, i) => from + i);

describe('domains', () => {
  it('are made paused, with numbers that go up, and are gone once destroyed', async () => {
    const first = await hypervisor.createDomain(config('pv'));
    const second = await hypervisor.createDomain(config('hvm'));
    expect(second).toBe(first + 1);
    const info = await hypervisor.domainInfo(first);
    expect(info).toMatchObject({
      hvm: false,
      paused: true,
      shutdown: false,
      dying: false,
      totalPages: 0,
      maxVcpuId: 1,
    });
    await hypervisor.destroyDomain(first);
    await expect(hypervisor.domainInfo(first)).rejects.toMatchObject({ code: 'ESRCH' });
    expect((await hypervisor.listDomains(0, 10)).map(({ domid }) => domid)).toEqual([second]);
    await expect(hypervisor.createDomain(config('pv', { domid: second }))).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

describe('memory', () => {
  it('PV: frames in no order, named by the machine-to-phys table, counted against the limit', async () => {
    const domid = await hypervisor.createDomain(config('pv'));
    await hypervisor.setMaxMemory(domid, 400);
    const mfns = await hypervisor.populatePhysmap(domid, upTo(200), 0);
    expect(mfns.length).toBe(100);
    expect(new Set(mfns).size).toBe(100);
    expect([...mfns].some((mfn, i) => i > 0 && mfn !== mfns[i - 1]! + 1)).toBe(true);
    expect((await hypervisor.domainInfo(domid)).totalPages).toBe(100);
    expect(await hypervisor.decreaseReservation(domid, mfns.subarray(0, 10))).toBe(10);
    expect((await hypervisor.populatePhysmap(domid, upTo(20), 0)).length).toBe(10);
  });

  it('HVM: gfns stay, holes are holes', async () => {
    const domid = await hypervisor.createDomain(config('hvm'));
    await hypervisor.setMaxMemory(domid, 2 ** 20);
    expect(await hypervisor.populatePhysmap(domid, Float64Array.of(5, 1000), 0)).toEqual(Float64Array.of(5, 1000));
    expect(await hypervisor.maximumGpfn(domid)).toBe(1000);
    expect([...(await hypervisor.pageTypes(domid, Float64Array.of(5, 6, 1000, -1)))]).toEqual([0, 15, 0, 15]);
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(5, 6), 'write');
    expect([...mapping.errors]).toEqual([0, 22]);
    mapping.page(0).fill(7);
    const again = await hypervisor.mapForeign(domid, Float64Array.of(5), 'read');
    expect(again.page(0)[4095]).toBe(7);
    expect(() => mapping.page(1)).toThrow(/errno 22/);
    await mapping.unmap();
    expect(() => mapping.page(0)).toThrow(/unmapped/);
  });

  it('a mapped frame keeps a destroyed domain dying until it is unmapped', async () => {
    const before = (await hypervisor.info()).freePages;
    const domid = await hypervisor.createDomain(config('hvm'));
    await hypervisor.setMaxMemory(domid, 4000);
    await hypervisor.populatePhysmap(domid, upTo(100), 0);
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(3), 'read');
    await hypervisor.destroyDomain(domid);
    expect(await hypervisor.domainInfo(domid)).toMatchObject({ dying: true, totalPages: 1 });
    await mapping.unmap();
    await expect(hypervisor.domainInfo(domid)).rejects.toMatchObject({ code: 'ESRCH' });
    expect((await hypervisor.info()).freePages).toBe(before);
  });

  it('what a client holds goes back when its connection ends', async () => {
    const domid = await hypervisor.createDomain(config('pv'));
    await hypervisor.setMaxMemory(domid, 4000);
    const mfns = await hypervisor.populatePhysmap(domid, upTo(4), 0);
    const other = host.connect();
    await other.mapForeign(domid, mfns, 'write');
    await expect(hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[0]! }])).rejects.toThrow(/writable memory/);
    await other.close();
    await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[0]! }]);
  });

  it('a page table is mapped to read only, from when it is one until it is none', async () => {
    const domid = await hypervisor.createDomain(config('pv'));
    await hypervisor.setMaxMemory(domid, 4000);
    const mfns = await hypervisor.populatePhysmap(domid, upTo(2), 0);
    const errors = async (access: 'read' | 'write') => {
      const mapping = await hypervisor.mapForeign(domid, mfns, access);
      const answer = [...mapping.errors];
      await mapping.unmap();
      return answer;
    };
    expect(await errors('write')).toEqual([0, 0]);
    await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[0]! }]);
    expect(await errors('write')).toEqual([22, 0]);
    expect(await errors('read')).toEqual([0, 0]);
    expect([...(await hypervisor.pageTypes(domid, mfns))]).toEqual([9, 0]);
    await hypervisor.mmuExt(domid, [{ op: 'unpin', level: 1, mfn: mfns[0]! }]);
    expect(await errors('write')).toEqual([0, 0]);
  });

  it('the machine-to-phys table can be mapped and is live', async () => {
    const domid = await hypervisor.createDomain(config('pv'));
    await hypervisor.setMaxMemory(domid, 4000);
    const maxMfn = await hypervisor.maximumRamPage();
    expect(maxMfn).toBeGreaterThanOrEqual(2 ** 20);
    const extents = await hypervisor.machphysMfnList(Math.ceil((maxMfn + 1) / 2 ** 18));
    const frames = Float64Array.from(
      { length: extents.length * 512 },
      (_, i) => extents[Math.floor(i / 512)]! + (i % 512),
    );
    const m2p = await hypervisor.mapForeign(0x7ff2, frames, 'read');
    const [made] = await hypervisor.populatePhysmap(domid, Float64Array.of(77), 0);
    const page = m2p.page(Math.floor(made! / 512));
    expect(new DataView(page.buffer, page.byteOffset).getBigUint64((made! % 512) * 8, true)).toBe(77n);
    await hypervisor.decreaseReservation(domid, Float64Array.of(made!));
    expect(new DataView(page.buffer, page.byteOffset).getBigUint64((made! % 512) * 8, true)).toBe(2n ** 64n - 1n);
    await expect(hypervisor.mapForeign(0x7ff2, frames, 'write')).rejects.toMatchObject({ code: 'EACCES' });
  });
});

describe('vcpus', () => {
  it('have no context until one is loaded', async () => {
    const domid = await hypervisor.createDomain(config('pv'));
    await expect(hypervisor.vcpuContext(domid, 0)).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(hypervisor.vcpuContext(domid, 9)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(hypervisor.setVcpuContext(domid, 0, new Uint8Array(2800))).rejects.toThrow(/5168/);
  });
});
