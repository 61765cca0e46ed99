import { expect, test } from 'vitest';
import { builtinKernel } from '../embedded/guest/builtin.js';
import { PV_VIRT_BASE } from '../embedded/guest/load-layout.js';
import { BareMachine } from '../embedded/guest/testing/bare-machine.js';
import { PvTranslator } from '../embedded/guest/translators.js';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { PV64_REGISTERS } from '../x86/registers.js';
import { buildDomain } from './build-domain.js';
import { planTables } from './pv-page-tables.js';
import { type BuildDomainOptions, BuildError } from './types.js';

const MEMORY_PAGES = 8192;

function options(machine: BareMachine, changes: Partial<BuildDomainOptions> = {}): BuildDomainOptions {
  return {
    hypervisor: machine.hypervisor(),
    domid: 3,
    kind: 'pv',
    memoryKib: MEMORY_PAGES * 4,
    kernel: builtinKernel('selfcheck'),
    cmdline: 'rate=1',
    vcpus: 1,
    store: { port: 11, domid: 0 },
    console: { port: 12, domid: 0 },
    ...changes,
  };
}

const machine = () => new BareMachine('pv', 1, 16384, 4099);

test('the tables map every page up to 4 MiB bounds linearly, themselves read-only, and nothing behind', async () => {
  const host = machine();
  await buildDomain(options(host));
  const { context } = host.vcpu(0);
  const root = Number(Buffer.from(context).readBigUInt64LE(PV64_REGISTERS.cr3)) / PAGE_SIZE;
  expect([...host.pinned]).toEqual([root]);
  const tables = new PvTranslator(host.cpuView(), () => root);
  const first = PV_VIRT_BASE / PAGE_SIZE;
  let mapped = 0;
  const readOnly: number[] = [];
  for (; mapped < MEMORY_PAGES && tables.isMapped(first + mapped); mapped++) {
    const { pfn, writable } = tables.translate(first + mapped);
    expect(pfn).toBe(mapped);
    if (!writable) readOnly.push(pfn);
  }
  expect(mapped % 1024).toBe(0);
  expect(mapped).toBeLessThan(MEMORY_PAGES);
  // One table each of levels 4, 3 and 2, and one of level 1 for each 512 pages; side by side.
  expect(readOnly.length).toBe(3 + mapped / 512);
  expect(readOnly[0]).toBe(host.pfnOfFrame.get(root));
  expect(readOnly.at(-1)).toBe((readOnly[0] ?? 0) + readOnly.length - 1);
});

test('start_info says what a PV kernel must know', async () => {
  const host = machine();
  const built = await buildDomain(options(host, { ramdisk: new Uint8Array(5000).fill(9) }));
  const { context } = host.vcpu(0);
  const address = Number(Buffer.from(context).readBigUInt64LE(PV64_REGISTERS.general[6]));
  const page = Buffer.from(host.page((address - PV_VIRT_BASE) / PAGE_SIZE));
  const word = (offset: number) => Number(page.readBigUInt64LE(offset));
  expect(page.toString('latin1', 0, 15)).toBe('xen-3.0-x86_64\0');
  expect(word(32)).toBe(MEMORY_PAGES);
  expect(word(40)).toBe(host.sharedInfoMfn * PAGE_SIZE);
  expect([word(56), page.readUInt32LE(64)]).toEqual([built.storeGfn, 11]);
  expect([word(72), page.readUInt32LE(80)]).toEqual([built.consoleGfn, 12]);
  expect(page.toString('latin1', 128, 135)).toBe('rate=1\0');
  expect(word(120)).toBe(5000);
  expect(host.page((word(112) - PV_VIRT_BASE) / PAGE_SIZE)[4095]).toBe(9);
  const p2m = (word(104) - PV_VIRT_BASE) / PAGE_SIZE;
  for (let pfn = 0; pfn < MEMORY_PAGES; pfn++) {
    const leaf = Buffer.from(host.page(p2m + Math.floor(pfn / 512)));
    expect(Number(leaf.readBigUInt64LE((pfn % 512) * 8))).toBe(host.frameOfPfn.get(pfn));
  }
});

test('shared_info masks all events and says the size of the p2m; rings are granted to their backends', async () => {
  const host = machine();
  const built = await buildDomain(options(host));
  const shared = Buffer.from(host.frame(host.sharedInfoMfn));
  expect(shared.readBigUInt64LE(3088)).toBe(BigInt(MEMORY_PAGES));
  expect([shared[1], shared[65]]).toEqual([1, 1]);
  const grants = Buffer.from(host.grants);
  expect([grants.readUInt16LE(0), grants.readUInt32LE(4)]).toEqual([1, built.consoleGfn]);
  expect([grants.readUInt16LE(8), grants.readUInt32LE(12)]).toEqual([1, built.storeGfn]);
});

test.each([
  [{ kernel: new Uint8Array(4096) }, 'BAD_KERNEL', 'not an embedded kernel'],
  [{ cmdline: 'x'.repeat(1024) }, 'BAD_ARGUMENT', 'a PV guest takes 1023'],
  [{ memoryKib: 1024 }, 'NO_MEMORY', 'the domain has 256 pages'],
  [{ vcpus: 33 }, 'BAD_ARGUMENT', '33 vcpus'],
  [{ memoryKib: 1.5 }, 'BAD_ARGUMENT', '1.5 KiB'],
])('what can not be built is refused: %o', async (changes, code, message) => {
  const error = await buildDomain(options(machine(), changes)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BuildError);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
});

test('tables cover themselves, whatever the size', () => {
  for (const firstPfn of [300, 1000, 100_000, 262_000, 1_000_000]) {
    const tables = planTables(firstPfn, 1, 128, 2 ** 21);
    expect(tables.mappedPages).toBeGreaterThanOrEqual(firstPfn + tables.count + 129);
    expect(tables.perLevel[1]).toBe(tables.mappedPages / 512);
    expect(tables.perLevel[2]).toBe(Math.ceil(tables.mappedPages / 2 ** 18));
    expect(tables.count).toBe(tables.perLevel.reduce((sum, n) => sum + n));
  }
});
