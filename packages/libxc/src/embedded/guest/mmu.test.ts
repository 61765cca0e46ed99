import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { Machine } from '../memory/machine.js';
import { BareGuest } from './testing/bare-guest.js';
import { mmuMachine } from './testing/mmu-machine.js';

let directory: string;
let machine: Machine;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mmu-'));
  machine = Machine.create({ path: join(directory, 'memory'), mebibytes: 128, seed: 7 });
});

afterEach(() => {
  machine.destroy();
  rmSync(directory, { recursive: true });
});

test.each(['tree', 'linear', 'both'])('the MMU accepts all that builder and PV kernel do (p2m=%s)', async (p2m) => {
  const guest = await BareGuest.build(
    { kind: 'pv', vcpus: 2, cmdline: `working-set=4M ptchurn=on p2m=${p2m}` },
    mmuMachine(machine, 2),
  );
  guest.run(() => guest.atWork());
  const churned = performance.now() + 400;
  guest.run(() => performance.now() > churned);
  expect(guest.machine.log).toEqual([]);
  guest.store.ask('suspend');
  guest.run(() => false);
  expect(guest.machine.shutdown).toBe(SHUTDOWN.suspend);
  expect(guest.machine.log).toEqual([]);
});
