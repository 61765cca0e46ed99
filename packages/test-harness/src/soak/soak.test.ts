import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesWithBrokenXl } from '../matrix/testing/broken-xl.js';
import { Choices } from '../random.js';
import { repositoryRoot } from '../repository.js';
import { Field } from './field.js';
import type { SoakGuest } from './guest.js';
import { copiesOf, oneCopy } from './invariant.js';
import { soakTables } from './report.js';
import { growthSince, leftInField, sampleOf } from './resources.js';
import { Soak } from './soak.js';
import { Task } from './task.js';

const SEED = 4;
const PROGRAM = `${repositoryRoot}packages/test-harness/bin/xen-soak.js`;
/** What must not be put right by itself is not waited for. */
const SHORT_MS = 300;

const folder = mkdtempSync(join(tmpdir(), 'soak-test-'));
let field: Field;
beforeAll(async () => {
  field = await Field.open({ seed: SEED, guests: 2, memoryMib: 16 });
}, 60_000);
afterAll(async () => {
  await field.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const soakOf = (guests: number) =>
  new Soak(field, { seed: SEED, guests, parallel: guests, keepGoing: false, inventorySeconds: 600 });

describe('a soak', () => {
  it('of a few operations finds that all holds, and that nothing is left', { timeout: 180_000 }, async () => {
    const soak = soakOf(2);
    await soak.run(600, 2);
    expect(soak.failures).toEqual([]);
    expect(soak.inventories).toBe(2);
    expect(soak.records.length).toBeGreaterThanOrEqual(5);
    expect(soak.records.every(({ place }) => place !== undefined)).toBe(true);
    expect(soak.guests.every(({ isSaved, hours }) => isSaved && hours > 0)).toBe(true);
    for (const guest of soak.guests) rmSync(guest.file);
  });

  it('ends at a failure, and says how to see it again', { timeout: 120_000 }, () => {
    const packages = packagesWithBrokenXl(join(folder, 'broken'), 'save');
    const report = join(folder, 'report');
    const words = ['--guests', '1', '--memory', '16', '--operations', '0', '--seed', '3'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [PROGRAM, ...words, '--packages', packages, '--report', report],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAILED {2}operation \d+, guest-1: count: save/);
    expect(stdout).toContain('--guests 1 --memory 16 --parallel 3 --count-every 120 --seed 3');
    expect(readFileSync(join(report, 'failure-1.txt'), 'utf8')).toMatch(
      /^seed 3\n[\s\S]*\$ xl save guest-1[\s\S]*this one can not/,
    );
    expect(readFileSync(join(report, 'operations.log'), 'utf8')).toMatch(
      /guest-1 \(pv32\): create; .*then: (calm|busy)\n/,
    );
    const { failures } = JSON.parse(readFileSync(join(report, 'soak.json'), 'utf8'));
    expect(failures).toMatchObject([{ operation: 'count: save', why: expect.stringContaining('this one can not') }]);
  });

  it('takes no wrong word', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, '--minutes', 'long'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining("--minutes takes a number, not 'long'")]);
  });
});

describe('the checker', () => {
  let guest: SoakGuest;
  beforeAll(async () => {
    const soak = soakOf(1);
    await soak.createAll();
    guest = soak.guests[0] as SoakGuest;
  }, 60_000);

  const check = () => oneCopy(field, guest, { hosts: [guest.host] }, SHORT_MS);
  const libxl = () => field.packages.libxl;
  const domid = async () => (await copiesOf(field, guest))[0]?.domain.domid ?? -1;
  const task = (number: number) => new Task(number, field, guest, new Choices(1), SHORT_MS);

  it('finds nothing where nothing is wrong', async () => {
    expect(await check()).toEqual({ host: guest.host });
  });

  it('finds a copy that kept its temporary name', async () => {
    await libxl().renameDomain(guest.host.host, await domid(), `${guest.name}--incoming`);
    await expect(check()).rejects.toThrow(/it does not run under its name: .*--incoming/);
    await libxl().renameDomain(guest.host.host, await domid(), guest.name);
  });

  it('finds a paused guest, and one on the wrong host', async () => {
    await libxl().pauseDomain(guest.host.host, await domid());
    await expect(check()).rejects.toThrow(/it does not run under its name: .* paused/);
    await libxl().unpauseDomain(guest.host.host, await domid());
    const elsewhere = oneCopy(field, guest, { hosts: [field.otherThan(guest.host)] }, SHORT_MS);
    await expect(elsewhere).rejects.toThrow('it runs on the wrong host');
  });

  it('finds a second copy', async () => {
    const { host } = guest;
    const config = { name: `${guest.name}--incoming`, memoryMib: 16 };
    const copy = await task(1001).createGuest(host, { guest: 'pvh' }, config);
    await expect(check()).rejects.toThrow('2 copies');
    await libxl().destroyDomain(host.host, copy);
  });

  it('finds half a file, and a whole one beside the guest', async () => {
    for (const name of ['.guest.save.part', 'guest.save']) {
      writeFileSync(guest.fileOf(name), 'half');
      await expect(check()).rejects.toThrow(`its folder has ${name}, and should have nothing`);
      rmSync(guest.fileOf(name));
    }
  });

  it('finds a guest that went back to what it was', async () => {
    const { writes } = guest;
    guest.writes = 1e12;
    await expect(check()).rejects.toThrow('it went back');
    guest.writes = writes;
  });

  it('finds a guest that was destroyed behind its back, and what is left of it', async () => {
    await libxl().destroyDomain(guest.host.host, await domid());
    await expect(check()).rejects.toThrow('no copy of it runs');
    writeFileSync(join(guest.host.host.stateDirectory, 'userdata-n.7.x.libxl-json'), '');
    writeFileSync(join(field.temporary, 'forgotten'), '');
    writeFileSync(join(guest.host.host.stateDirectory, 'link-0123456789abcdef.sock'), '');
    await guest.host.host.xenstore.write('/libxl/7', '');
    const left = await leftInField(field, SHORT_MS);
    expect(left).toHaveLength(3);
    expect(left.join('\n')).toMatch(
      /temporary file forgotten\n.*file userdata-n.7.x.libxl-json\n.*xenstore node \/libxl\/7/,
    );
  });

  it('finds a daemon that grows', async () => {
    const first = await sampleOf(guest.host, true, 0);
    expect(growthSince(first, first, { ...first, seconds: 9 })).toEqual([]);
    const grown = { ...first, freePages: first.freePages - 3, threads: 99, descriptors: 999, memoryMib: 9999 };
    const found = growthSince(first, first, grown).join('; ');
    expect(found).toMatch(/^3 pages of the machine; 99 threads .*; 999 descriptors .*; 9999 MiB/);
  });
});

it('a report is told as tables', () => {
  const operation = { number: 1, at: 0, guest: 'guest-1', kind: 'pvh' };
  const sample = { seconds: 1, host: 'calm', empty: true, freePages: 100, memoryMib: 14, threads: 11, descriptors: 25 };
  const text = soakTables({
    report: 1,
    seed: 1,
    command: '',
    began: '',
    seconds: 120,
    guestHours: 0.5,
    guests: ['pvh'],
    memoryMib: 32,
    operations: [
      { ...operation, seconds: 2, operation: 'migrate', fault: 'none', place: 'calm', downtimeMs: 40 },
      { ...operation, seconds: 9, operation: 'migrate', fault: 'Ctrl-C', place: 'busy', decisions: ['ended'] },
    ],
    resources: [sample, { ...sample, empty: false, memoryMib: 50 }],
    inventories: 2,
    failures: [],
  });
  expect(text).toMatch(/^migrate +2 +1 +2\.0 +2\.0$/m);
  expect(text).toMatch(/^Ctrl-C +1 +1 busy$/m);
  expect(text).toMatch(/^migrate +1 +40 +40$/m);
  expect(text).toMatch(/^calm, most +50$/m);
  expect(text).toContain(
    '2 operations, 1 of them disturbed, 1 decided by the administrator; 0.50 guest-hours in 2.0 minutes',
  );
});
