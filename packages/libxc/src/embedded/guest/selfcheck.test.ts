import { describe, expect, test } from 'vitest';
import { SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { PV64_REGISTERS } from '../../x86/registers.js';
import { KERNEL_PFN } from './load-layout.js';
import { BareGuest } from './testing/bare-guest.js';

/** What the guest wrote since, as the hypervisor would see it: pfns whose page is another than before. */
function changedPages(guest: BareGuest, before: Map<number, Buffer>): number[] {
  const changed: number[] = [];
  for (const [pfn, page] of before) if (!page.equals(guest.machine.page(pfn))) changed.push(pfn);
  return changed;
}

function snapshot(guest: BareGuest): Map<number, Buffer> {
  const pages = [...guest.machine.frameOfPfn].filter(([, mfn]) => mfn !== guest.machine.sharedInfoMfn);
  return new Map(pages.map(([pfn]) => [pfn, Buffer.from(guest.machine.page(pfn))]));
}

/** A pfn far behind the kernel, in the memory that it rewrites. */
const DATA_PFN = 0x1000;

describe.each(['pv', 'hvm'] as const)('a selfcheck guest (%s)', (kind) => {
  test.each([1, 3])('boots on %d vcpus, says who it is, writes and finds nothing lost', async (vcpus) => {
    const guest = await BareGuest.build({ kind, vcpus, cmdline: 'working-set=8M pattern=hot nonsense=1' });
    guest.run(() => guest.writes() > 1000 && guest.store.nodes.has('data/selfcheck/state'));
    guest.serve();
    expect(guest.text).toContain(`selfcheck kernel: guest (domain 1), ${kind.toUpperCase()}, ${vcpus} vcpus`);
    expect(guest.text).toContain("command line: 'nonsense=1' means nothing");
    expect(guest.text).toMatch(/selfcheck: \d+ writes, 0 lost/);
    expect(guest.store.nodes.get('data/selfcheck/state')).toBe('running');
    expect(guest.store.nodes.get('control/feature-suspend')).toBe('1');
    expect(guest.machine.log).toEqual([]);
  });

  test('every page that changes is marked dirty', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'working-set=8M ptchurn=on pattern=sweep' });
    guest.run(() => guest.atWork());
    const before = snapshot(guest);
    guest.machine.dirty.clear();
    for (let i = 0; i < 60; i++) guest.machine.run(5);
    const changed = changedPages(guest, before);
    expect(changed.length).toBeGreaterThan(200);
    expect(changed.filter((pfn) => !guest.machine.dirty.has(pfn))).toEqual([]);
  });

  test('a byte changed behind its back is a torn write: it says so everywhere and crashes', async () => {
    const guest = await BareGuest.build({ kind, vcpus: 2, cmdline: 'pattern=sweep' });
    guest.run(() => guest.atWork());
    const page = guest.machine.page(DATA_PFN);
    page[2000] = (page[2000] ?? 0) ^ 1;
    guest.run(() => false);
    guest.serve();
    expect(guest.machine.shutdown).toBe(SHUTDOWN.crash);
    expect(guest.text).toContain('selfcheck: TORN WRITE pfn 0x1000 word 500: expected');
    expect(guest.store.nodes.get('data/selfcheck/state')).toContain('lost: TORN WRITE pfn 0x1000');
    expect(guest.machine.log.join()).toContain('TORN WRITE pfn 0x1000 word 500');
  });

  test('a page that went back to what it was is a lost write', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'working-set=24M pattern=sweep' });
    guest.run(() => guest.text.includes('writes, 0 lost'));
    const old = Buffer.from(guest.machine.page(DATA_PFN));
    guest.run(() => !old.equals(guest.machine.page(DATA_PFN)));
    guest.machine.page(DATA_PFN).set(old);
    guest.run(() => false);
    guest.serve();
    expect(guest.machine.shutdown).toBe(SHUTDOWN.crash);
    expect(guest.text).toMatch(
      /LOST WRITE pfn 0x1000 word 1: expected 0x[0-9a-f]+ \(generation \d+\).*whole page of generation/,
    );
  });

  test.each([1, 3])('suspends when asked (%d vcpus), and goes on in place when that is cancelled', async (vcpus) => {
    const guest = await BareGuest.build({ kind, vcpus, cmdline: 'working-set=4M ptchurn=on rate=5000' });
    guest.run(() => guest.atWork());
    guest.store.ask('suspend');
    guest.run(() => false);
    expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
    expect(guest.store.nodes.get('control/shutdown')).toBe('');
    cancelSuspend(guest);
    guest.runUntil('selfcheck: suspend cancelled on 1, all ');
    const before = guest.writes();
    guest.run(() => guest.writes() > before);
    guest.store.ask('suspend');
    guest.run(() => false);
    expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
  });

  test.each([1, 3])('goes on in a new domain (%d vcpus), from memory and registers alone', async (vcpus) => {
    let guest = await BareGuest.build({ kind, vcpus, cmdline: 'working-set=4M ptchurn=on rate=5000' });
    guest.run(() => guest.atWork());
    for (const domid of [5, 6]) {
      guest.store.ask('suspend');
      guest.run(() => false);
      expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
      guest = guest.moved(domid, domid * 2 + 4097);
      guest.runUntil(`selfcheck: resumed on ${domid}, all `);
      const before = guest.writes();
      guest.run(() => guest.writes() > before + 100);
      expect(guest.machine.log).toEqual([]);
    }
  });

  test('a page lost on the way is noticed before it goes on', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'working-set=4K rate=100' });
    guest.run(() => guest.atWork());
    guest.store.ask('suspend');
    guest.run(() => false);
    const moved = guest.moved(5, 4101);
    moved.machine.page(DATA_PFN).fill(0);
    moved.run(() => false);
    moved.serve();
    expect(moved.machine.shutdown).toBe(SHUTDOWN.crash);
    expect(moved.text).toContain('TORN WRITE pfn 0x1000 word 0');
    expect(moved.text).not.toContain('intact');
  });

  test.each([
    ['poweroff', SHUTDOWN.poweroff],
    ['reboot', SHUTDOWN.reboot],
  ] as const)('%s', async (what, reason) => {
    const guest = await BareGuest.build({ kind, cmdline: 'rate=1000' });
    guest.run(() => guest.text.includes('0 lost'));
    guest.store.ask(what);
    guest.run(() => false);
    expect(guest.machine.shutdown).toBe(reason);
  });

  test('suspends when its suspend event channel fires', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'rate=1000' });
    const node = 'device/suspend/event-channel';
    guest.run(() => guest.store.nodes.has(node));
    guest.machine.raise(Number(guest.store.nodes.get(node)));
    guest.run(() => false);
    expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
  });

  test('does not suspend when the toolstack takes the request back while it is acknowledged', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'rate=1000' });
    guest.run(() => guest.atWork());
    guest.store.takeBackAtCommit();
    guest.store.ask('suspend');
    const end = performance.now() + 300;
    guest.run(() => performance.now() > end);
    expect(guest.machine.shutdown).toBeUndefined();
    guest.store.ask('suspend');
    guest.run(() => false);
    expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
  });

  test('answers a line typed on its console', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'rate=1000' });
    guest.run(() => guest.atWork());
    guest.type('how are you\r');
    guest.runUntil("you typed 'how are you'; ");
  });

  test('keeps to its rate', async () => {
    const guest = await BareGuest.build({ kind, vcpus: 2, cmdline: 'working-set=4M rate=2000' });
    guest.run(() => guest.writes() > 0);
    const [start, from] = [guest.writes(), performance.now()];
    guest.run(() => performance.now() > from + 1000);
    const rate = ((guest.writes() - start) / (performance.now() - from)) * 1000;
    expect(rate).toBeGreaterThan(500);
    expect(rate).toBeLessThan(3000);
  });

  test('a wild rip is a crash with a message', async () => {
    const guest = await BareGuest.build({ kind, cmdline: 'rate=1000' });
    guest.run(() => guest.text.includes('0 lost'));
    const code = guest.machine.page(KERNEL_PFN);
    code.fill(0, 16);
    guest.run(() => false);
    guest.serve();
    expect(guest.machine.shutdown).toBe(SHUTDOWN.crash);
    expect(guest.machine.log.join()).toMatch(/vcpu 0 rip 0x[0-9a-f]+: INVALID_OPCODE: no instruction at/);
    expect(guest.text).toContain('INVALID_OPCODE');
  });
});

test('a PV guest whose page tables are gone crashes with a message in the log', async () => {
  const guest = await BareGuest.build({ kind: 'pv', cmdline: 'rate=1000' });
  guest.run(() => guest.text.includes('0 lost'));
  const context = guest.machine.contexts.get(0);
  new DataView(context?.buffer ?? new ArrayBuffer(0)).setBigUint64(PV64_REGISTERS.cr3, 0x7fff_f000n, true);
  guest.run(() => false);
  expect(guest.machine.shutdown).toBe(SHUTDOWN.crash);
  expect(guest.machine.log.join()).toContain('PAGE: the tables for');
});

function cancelSuspend(guest: BareGuest): void {
  const vcpu = guest.machine.vcpu(0);
  const rax = guest.machine.kind === 'pv' ? 600 : 512;
  new DataView(vcpu.context.buffer, vcpu.context.byteOffset).setBigUint64(rax, 1n, true);
  guest.machine.shutdown = undefined;
}
