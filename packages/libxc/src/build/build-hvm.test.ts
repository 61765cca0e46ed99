import { expect, test } from 'vitest';
import { builtinKernel } from '../embedded/guest/builtin.js';
import { BareMachine } from '../embedded/guest/testing/bare-machine.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { HVM_REGISTERS, HVM_SAVE } from '../x86/registers.js';
import { buildDomain } from './build-domain.js';
import { withBootCpu } from './hvm-context.js';
import { ramRanges } from './hvm-layout.js';

const build = (machine: BareMachine, kind: 'hvm' | 'pvh') =>
  buildDomain({
    hypervisor: machine.hypervisor(),
    domid: 3,
    kind,
    memoryKib: 16 * 1024,
    kernel: builtinKernel('selfcheck'),
    cmdline: 'rate=1',
    vcpus: 1,
    store: { port: 11, domid: 0 },
    console: { port: 12, domid: 0 },
  });

test('RAM has holes where the VGA window and the device memory below 4 GiB are', () => {
  expect(ramRanges(0x1000)).toEqual([
    { from: 0, to: 0xa0 },
    { from: 0xc0, to: 0x1000 },
  ]);
  expect(ramRanges(0x18_0000)).toEqual([
    { from: 0, to: 0xa0 },
    { from: 0xc0, to: 0xf_0000 },
    { from: 0x10_0000, to: 0x19_0000 },
  ]);
});

test.each(['hvm', 'pvh'] as const)('%s: RAM and special pages, and nothing else', async (kind) => {
  const machine = new BareMachine('hvm', 1, 8192, 4099);
  const built = await build(machine, kind);
  const pfns = [...machine.frameOfPfn.keys()].sort((a, b) => a - b);
  expect(pfns.filter((pfn) => pfn < 0x1000).length).toBe(0x1000 - 0x20);
  const special = pfns.filter((pfn) => pfn >= 0x1000);
  expect(special).toEqual(Array.from({ length: kind === 'hvm' ? 16 : 8 }, (_, i) => 0xfefff - i).reverse());
  expect(built).toEqual({ storeGfn: 0xfeffc, consoleGfn: 0xfefff });
  expect(machine.params.get(HVM_PARAM.STORE_EVTCHN)).toBe(11n);
  expect(machine.params.get(HVM_PARAM.CONSOLE_PFN)).toBe(0xfefffn);
  expect(machine.params.has(HVM_PARAM.IOREQ_PFN)).toBe(kind === 'hvm');
  // The second entry of the identity page directory: 4 MiB.
  expect(Buffer.from(machine.page(0xfeffe)).readUInt32LE(4)).toBe(0x40_00e7);
});

test('vcpu 0 starts in the kernel, with rbx at an hvm_start_info that describes the memory', async () => {
  const machine = new BareMachine('hvm', 1, 8192, 4099);
  await build(machine, 'pvh');
  const cpu = Buffer.from(machine.vcpu(0).context);
  expect(cpu.readBigUInt64LE(HVM_REGISTERS.rip)).toBe(0x10_0010n);
  const address = Number(cpu.readBigUInt64LE(HVM_REGISTERS.general[3]));
  const page = Buffer.from(machine.page(address / 4096));
  expect(page.readUInt32LE(0)).toBe(0x336e_c578);
  const map = Number(page.readBigUInt64LE(40)) - address;
  const entries = Array.from({ length: page.readUInt32LE(48) }, (_, i) => [
    Number(page.readBigUInt64LE(map + i * 24)),
    Number(page.readBigUInt64LE(map + i * 24 + 8)),
    page.readUInt32LE(map + i * 24 + 16),
  ]);
  expect(entries).toEqual([
    [0, 0xa_0000, 1],
    [0xc_0000, 0x100_0000 - 0xc_0000, 1],
    [0xfeff_0000, 0x1_0000, 2],
  ]);
});

test('CPU records of the hypervisor are replaced, all others kept in order', () => {
  const record = (type: number, fill: number, length: number) => {
    const bytes = Buffer.alloc(8 + length, fill);
    bytes.writeUInt16LE(type, 0);
    bytes.writeUInt16LE(0, 2);
    bytes.writeUInt32LE(length, 4);
    return bytes;
  };
  const others = [record(HVM_SAVE.header, 1, 24), record(5, 2, 16), record(14, 3, 8)];
  const cpu = new Uint8Array(16).fill(9);
  const [header, lapic, mtrr] = others as [Buffer, Buffer, Buffer];
  const end = record(HVM_SAVE.end, 0, 0);
  const context = Buffer.concat([header, record(HVM_SAVE.cpu, 7, 40), lapic, mtrr, end]);
  const wanted = Buffer.concat([header, record(HVM_SAVE.cpu, 9, 16), lapic, mtrr, end]);
  expect(Buffer.from(withBootCpu(context, cpu))).toEqual(wanted);
  expect(() => withBootCpu(context.subarray(0, 60), cpu)).toThrow('no end record');
});
