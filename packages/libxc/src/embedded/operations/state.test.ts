import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { compareCpuPolicies, missingFeatures } from '../../x86/cpu-policy.js';
import { HVM_PARAM } from '../../x86/hvm-params.js';
import { HVM_CPU, HVM_REGISTERS, PV64_REGISTERS } from '../../x86/registers.js';
import { Host } from '../host.js';

let directory: string;
let host: Host;
let hypervisor: Hypervisor;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-state-'));
  host = await Host.create({ directory, memoryMib: 128, seed: 4 });
  hypervisor = host.connect();
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

async function domain(kind: 'pv' | 'hvm', passthrough = false): Promise<number> {
  const domid = await hypervisor.createDomain({
    kind,
    uuid: new Uint8Array(16),
    maxVcpus: 2,
    maxGrantFrames: 32,
    maxEventChannel: 1023,
    hap: true,
    passthrough,
  });
  await hypervisor.setMaxMemory(domid, 2 ** 20);
  return domid;
}

describe('limits', () => {
  it('a machine that is full gives short counts; what a domain had is back once it is gone, also from the system', async () => {
    const touched = () => statSync(host.state.machine.path).blocks;
    const [before, free] = [touched(), (await hypervisor.info()).freePages];
    const domid = await domain('hvm');
    const pfns = Float64Array.from({ length: 2 ** 16 }, (_, i) => i);
    const made = await hypervisor.populatePhysmap(domid, pfns, 0);
    expect(made.length).toBe(free - 2);
    expect((await hypervisor.info()).freePages).toBe(0);
    expect((await hypervisor.populatePhysmap(domid, Float64Array.of(2 ** 17), 0)).length).toBe(0);
    await expect(domain('hvm')).rejects.toMatchObject({ code: 'ENOMEM' });
    const mapping = await hypervisor.mapForeign(domid, made.subarray(0, 2048), 'write');
    for (const run of mapping.runs(0, 2048)) run.fill(1);
    expect(touched() - before).toBeGreaterThanOrEqual(2048 * 8);
    await mapping.unmap();
    await hypervisor.destroyDomain(domid);
    expect((await hypervisor.info()).freePages).toBe(free);
    expect(touched()).toBeLessThanOrEqual(before);
  });

  it('orders other than single frames and 2 MiB, and more than 1024 types at once, are refused', async () => {
    const domid = await domain('pv');
    await expect(hypervisor.populatePhysmap(domid, Float64Array.of(0), 3)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(hypervisor.pageTypes(domid, new Float64Array(1025))).rejects.toMatchObject({ code: 'E2BIG' });
  });

  it('2 MiB extents are contiguous and aligned', async () => {
    const domid = await domain('pv');
    const made = await hypervisor.populatePhysmap(
      domid,
      Float64Array.from({ length: 8 }, (_, i) => i * 512),
      9,
    );
    expect(made.length).toBeGreaterThan(0);
    for (const mfn of made) expect(mfn % 512).toBe(0);
    expect((await hypervisor.domainInfo(domid)).totalPages).toBe(made.length * 512);
  });
});

describe('log-dirty', () => {
  it('a table below is dirty when its last use is gone, and clean while it has another', async () => {
    const domid = await domain('pv');
    const [upper, lower] = await hypervisor.populatePhysmap(domid, Float64Array.of(3, 9), 0);
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(upper!, lower!), 'write');
    for (let i = 0; i < 2; i++) mapping.page(i).fill(0);
    new DataView(mapping.page(0).buffer, mapping.page(0).byteOffset).setBigUint64(
      0,
      (BigInt(lower!) << 12n) | 7n,
      true,
    );
    await mapping.unmap();
    await hypervisor.enableLogDirty(domid);
    const written = async (op: 'pin' | 'unpin', level: 1 | 2, mfn: number) => {
      await hypervisor.mmuExt(domid, [{ op, level, mfn }]);
      const bitmap = new Uint8Array(8);
      await hypervisor.logDirty(domid, 'clean', bitmap, 10, false);
      return [3, 9].filter((pfn) => ((bitmap[pfn >> 3]! >> (pfn & 7)) & 1) === 1);
    };
    expect(await written('pin', 2, upper!)).toEqual([3, 9]);
    expect(await written('unpin', 2, upper!)).toEqual([3, 9]);
    await written('pin', 2, upper!);
    expect(await written('pin', 1, lower!)).toEqual([9]);
    expect(await written('unpin', 2, upper!)).toEqual([3]);
    expect(await written('unpin', 1, lower!)).toEqual([9]);
  });

  it('is refused with devices passed through, while off, and twice', async () => {
    await expect(hypervisor.enableLogDirty(await domain('hvm', true))).rejects.toThrow(/passed through/);
    const domid = await domain('pv');
    const bitmap = new Uint8Array(128);
    await expect(hypervisor.logDirty(domid, 'clean', bitmap, 1024, false)).rejects.toMatchObject({ code: 'EINVAL' });
    await hypervisor.enableLogDirty(domid);
    await expect(hypervisor.enableLogDirty(domid)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('sees what Xen does to page tables; peek leaves what clean takes', async () => {
    const domid = await domain('pv');
    const mfns = await hypervisor.populatePhysmap(domid, Float64Array.of(3, 9), 0);
    await hypervisor.enableLogDirty(domid);
    await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[1]! }]);
    const bitmap = new Uint8Array(2);
    expect(await hypervisor.logDirty(domid, 'peek', bitmap, 10, false)).toMatchObject({ pages: 10, dirty: 1 });
    expect([...bitmap]).toEqual([0, 2]);
    expect(await hypervisor.logDirty(domid, 'clean', bitmap, 9, false)).toMatchObject({ pages: 9, dirty: 1 });
    expect([...bitmap]).toEqual([0, 0]);
    expect((await hypervisor.logDirty(domid, 'clean', bitmap, 10, false)).dirty).toBe(0);
    await hypervisor.disableLogDirty(domid);
    await hypervisor.enableLogDirty(domid);
  });
});

describe('vcpu state', () => {
  it('XSAVE, MSRs and the extended context are kept, and checked', async () => {
    const domid = await domain('pv');
    const area = await hypervisor.vcpuXsave(domid, 1);
    area[100] = 7;
    await hypervisor.setVcpuXsave(domid, 1, area);
    expect(await hypervisor.vcpuXsave(domid, 1)).toEqual(area);
    area[2] = 0x80;
    await expect(hypervisor.setVcpuXsave(domid, 1, area)).rejects.toThrow(/xcr0/);
    await expect(hypervisor.setVcpuXsave(domid, 1, new Uint8Array(15))).rejects.toMatchObject({ code: 'EINVAL' });
    const msrs = new Uint8Array(16);
    new DataView(msrs.buffer).setUint32(0, 0xc000_0103, true);
    await hypervisor.setVcpuMsrs(domid, 0, msrs);
    expect(await hypervisor.vcpuMsrs(domid, 0)).toEqual(msrs);
    msrs[0] = 0;
    await expect(hypervisor.setVcpuMsrs(domid, 0, msrs)).rejects.toThrow(/MSR 0xc0000100/);
    const extended = await hypervisor.vcpuExtendedContext(domid, 1);
    expect(extended.length).toBe(64);
    const padded = new Uint8Array(128);
    padded.set(extended);
    await hypervisor.setVcpuExtendedContext(domid, 1, padded);
    expect(await hypervisor.vcpuExtendedContext(domid, 1)).toEqual(extended);
    await expect(hypervisor.setVcpuExtendedContext(domid, 1, new Uint8Array(3))).rejects.toMatchObject({
      code: 'EINVAL',
    });
  });

  it('TSC: a set counts as another incarnation, unknown modes are refused', async () => {
    const domid = await domain('hvm');
    await hypervisor.setTscInfo(domid, { mode: 1, khz: 1000, nsec: 5n, incarnation: 3 });
    const tsc = await hypervisor.tscInfo(domid);
    expect(tsc).toMatchObject({ mode: 1, khz: 1000, incarnation: 4 });
    expect(tsc.nsec).toBeGreaterThanOrEqual(5n);
    await expect(hypervisor.setTscInfo(domid, { ...tsc, mode: 3 })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

/** Where the CPU record of a context with one vcpu begins: behind its own descriptor, and HEADER with its. */
const CPU_AT = 8 + 24 + 8;

async function contextWithCpu(domid: number, vcpu: number): Promise<Uint8Array> {
  const fresh = await hypervisor.hvmContext(domid);
  const cpu = new Uint8Array(8 + HVM_CPU.size).fill(3);
  new DataView(cpu.buffer).setUint16(0, 2, true);
  new DataView(cpu.buffer).setUint16(2, vcpu, true);
  new DataView(cpu.buffer).setUint32(4, HVM_CPU.size, true);
  const header = CPU_AT - 8;
  return Uint8Array.from(Buffer.concat([fresh.subarray(0, header), cpu, fresh.subarray(header)]));
}

describe('HVM state', () => {
  it('a context goes in as it came out; CPU records bring vcpus up', async () => {
    const domid = await domain('hvm');
    expect((await hypervisor.domainInfo(domid)).onlineVcpus).toBe(0);
    const context = await contextWithCpu(domid, 1);
    await hypervisor.setHvmContext(domid, context);
    expect(await hypervisor.hvmContext(domid)).toEqual(context);
    expect((await hypervisor.vcpuInfo(domid, 0)).online).toBe(false);
    expect((await hypervisor.vcpuInfo(domid, 1)).online).toBe(true);
  });

  it("the header has the guest's TSC frequency, not the host's (Xen's arch_hvm_save)", async () => {
    const domid = await domain('hvm');
    await hypervisor.setTscInfo(domid, { mode: 0, khz: 2_596_145, nsec: 0n, incarnation: 1 });
    const context = await hypervisor.hvmContext(domid);
    expect(new DataView(context.buffer, context.byteOffset).getUint32(8 + 20, true)).toBe(2_596_145);
  });

  it('a vcpu shows its user registers as a PV vcpu does, and takes those alone', async () => {
    const domid = await domain('hvm');
    const before = await contextWithCpu(domid, 0);
    new DataView(before.buffer).setBigUint64(CPU_AT + HVM_REGISTERS.rip, 0x1234n, true);
    await hypervisor.setHvmContext(domid, before);
    const context = Uint8Array.from(await hypervisor.vcpuContext(domid, 0));
    const view = new DataView(context.buffer);
    expect([context.length, view.getBigUint64(PV64_REGISTERS.rip, true)]).toEqual([5168, 0x1234n]);
    view.setBigUint64(PV64_REGISTERS.general[0]!, 1n, true);
    view.setBigUint64(PV64_REGISTERS.cr3, 0x5000n, true);
    await hypervisor.setVcpuContext(domid, 0, context);
    const after = await hypervisor.hvmContext(domid);
    new DataView(before.buffer).setBigUint64(CPU_AT + HVM_REGISTERS.general[0]!, 1n, true);
    expect(after).toEqual(before);
    await expect(hypervisor.setVcpuContext(domid, 0, new Uint8Array(HVM_CPU.size))).rejects.toThrow(/5168/);
  });

  it('a bad context changes nothing and is told by record and place', async () => {
    const domid = await domain('hvm');
    const good = await hypervisor.hvmContext(domid);
    const bad = good.slice();
    bad[8 + 24] = 99;
    await expect(hypervisor.setHvmContext(domid, bad)).rejects.toThrow(/record 99 instance 0 at byte 32: no such type/);
    await expect(hypervisor.setHvmContext(domid, good.subarray(0, -8))).rejects.toThrow(/without an END/);
    await expect(hypervisor.setHvmContext(domid, good.subarray(32))).rejects.toThrow(/begins with its HEADER/);
    expect(await hypervisor.hvmContext(domid)).toEqual(good);
    await expect(hypervisor.hvmContext(await domain('pv'))).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('parameters: some only once, some not at all', async () => {
    const domid = await domain('hvm');
    await hypervisor.setHvmParam(domid, HVM_PARAM.IOREQ_PFN, 7n);
    await hypervisor.setHvmParam(domid, HVM_PARAM.IOREQ_PFN, 7n);
    await expect(hypervisor.setHvmParam(domid, HVM_PARAM.IOREQ_PFN, 8n)).rejects.toMatchObject({ code: 'EEXIST' });
    await hypervisor.setHvmParam(domid, HVM_PARAM.STORE_PFN, 1n);
    await hypervisor.setHvmParam(domid, HVM_PARAM.STORE_PFN, 2n);
    expect(await hypervisor.hvmParam(domid, HVM_PARAM.STORE_PFN)).toBe(2n);
    await expect(hypervisor.hvmParam(domid, 39)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(hypervisor.setHvmParam(domid, HVM_PARAM.PAE_ENABLED, 1n)).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('CPU policy', () => {
  it("what the host lacks is refused by name; the host's own is taken, until the domain has run", async () => {
    const domid = await domain('pv');
    const policy = await hypervisor.hostCpuPolicy('pv');
    await hypervisor.setCpuPolicy(domid, policy);
    const leaves = policy.leaves.slice();
    // Leaf 7, ecx, bit 31: its entry is the eighth.
    const seven = Array.from({ length: leaves.length / 24 }, (_, i) => i * 24).find((at) => leaves[at] === 7)!;
    leaves[seven + 19]! |= 0x80;
    const refused = hypervisor.setCpuPolicy(domid, { ...policy, leaves });
    await expect(refused).rejects.toThrow(/CPUID leaf 0x7.0: ecx bits 0x80000000 are not on this host \(EINVAL\)/);
    await hypervisor.unpause(domid);
    await expect(hypervisor.setCpuPolicy(domid, policy)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('of a host that lacks features has them neither to offer nor to give', async () => {
    const given = await hypervisor.hostCpuPolicy('pv');
    const older = await Host.create({
      directory: join(directory, 'older'),
      memoryMib: 64,
      cpuWithout: ['AVX2', 'ERMS'],
    });
    try {
      const hypervisor = older.connect();
      const differences = compareCpuPolicies(given, await hypervisor.hostCpuPolicy('pv'));
      expect(missingFeatures(differences)).toEqual(['CPUID 0x7.0 ebx: AVX2, ERMS']);
      const domid = await hypervisor.createDomain({
        kind: 'pv',
        uuid: new Uint8Array(16),
        maxVcpus: 1,
        maxGrantFrames: 32,
        maxEventChannel: 1023,
        hap: false,
        passthrough: false,
      });
      expect(await hypervisor.cpuPolicy(domid)).toEqual(await hypervisor.hostCpuPolicy('pv'));
      await expect(hypervisor.setCpuPolicy(domid, given)).rejects.toThrow(/ebx bits 0x220 are not on this host/);
    } finally {
      await older.close();
    }
    const unknown = Host.create({ directory: join(directory, 'unknown'), memoryMib: 64, cpuWithout: ['AVX9'] });
    await expect(unknown).rejects.toThrow("no CPU feature is called 'AVX9'");
  });
});
