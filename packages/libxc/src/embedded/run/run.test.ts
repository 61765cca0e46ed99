import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDomain } from '../../build/index.js';
import { type Hypervisor, SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { builtinKernel } from '../guest/index.js';
import { Host } from '../host.js';

let directory: string;
let host: Host;
let hypervisor: Hypervisor;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-run-'));
  host = await Host.create({ directory, memoryMib: 256, seed: 3 });
  hypervisor = host.connect();
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

async function guest(kind: 'pv' | 'hvm', vcpus = 1): Promise<number> {
  const domid = await hypervisor.createDomain({
    kind,
    uuid: new Uint8Array(16),
    maxVcpus: vcpus,
    maxGrantFrames: 32,
    maxEventChannel: 1023,
    hap: true,
    passthrough: false,
  });
  await hypervisor.setMaxMemory(domid, 33 * 1024);
  const store = { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 };
  const console = { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 };
  await buildDomain({
    hypervisor,
    domid,
    kind,
    memoryKib: 16 * 1024,
    kernel: builtinKernel('selfcheck'),
    cmdline: 'rate=100000',
    vcpus,
    store,
    console,
  });
  return domid;
}

async function dirtyPages(domid: number): Promise<number> {
  const stats = await hypervisor.logDirty(domid, 'clean', new Uint8Array(4096), 32768, false);
  return stats.dirty;
}

describe.each(['pv', 'hvm'] as const)('a guest that executes (%s)', (kind) => {
  it('writes while it runs and stands still while it is paused', async () => {
    const domid = await guest(kind, 2);
    expect((await hypervisor.domainInfo(domid)).heldBecause).toBeUndefined();
    await hypervisor.enableLogDirty(domid);
    await expect(hypervisor.enableLogDirty(domid)).rejects.toMatchObject({ code: 'EINVAL' });
    await hypervisor.unpause(domid);
    // Its time is known although it has not been stopped since.
    const cpuTime = async () => (await hypervisor.domainInfo(domid)).cpuTime;
    for (let tries = 0; tries < 200 && (await cpuTime()) === 0n; tries++) await sleep(20);
    expect(await cpuTime()).toBeGreaterThan(0n);
    let dirty = 0;
    for (let tries = 0; tries < 200 && dirty < 100; tries++) {
      await sleep(20);
      dirty += await dirtyPages(domid);
    }
    expect(host.state.log.contents()).not.toMatch(/crash|LOST/);
    expect(dirty).toBeGreaterThanOrEqual(100);
    await hypervisor.pause(domid);
    await dirtyPages(domid);
    await sleep(60);
    expect(await dirtyPages(domid)).toBe(0);
    expect(await hypervisor.domainInfo(domid)).toMatchObject({ paused: true, running: false });
    await hypervisor.unpause(domid);
    await sleep(100);
    expect((await hypervisor.domainInfo(domid)).cpuTime).toBeGreaterThan(0n);
    await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
    expect(await hypervisor.domainInfo(domid)).toMatchObject({ shutdown: true, shutdownReason: SHUTDOWN.suspend });
    await hypervisor.destroyDomain(domid);
  });
});

it('with a cap, a guest gets that much of a CPU and no more', async () => {
  const domid = await guest('hvm');
  await expect(hypervisor.setSchedulerCredit(domid, { weight: 0, cap: 0 })).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(hypervisor.setSchedulerCredit(domid, { weight: 256, cap: 101 })).rejects.toMatchObject({
    code: 'EINVAL',
  });
  await hypervisor.setSchedulerCredit(domid, { weight: 256, cap: 10 });
  expect(await hypervisor.schedulerCredit(domid)).toEqual({ weight: 256, cap: 10 });
  await hypervisor.unpause(domid);
  const cpuMs = async () => Number((await hypervisor.domainInfo(domid)).cpuTime) / 1e6;
  // A loaded machine takes the CPU away in the midst of an execution, which counts, or gives none: one undisturbed while
  // is enough.
  let share = 1;
  for (let tries = 0; tries < 40 && (share >= 0.25 || share === 0); tries++) {
    const [started, before] = [performance.now(), await cpuMs()];
    await sleep(300);
    share = ((await cpuMs()) - before) / (performance.now() - started);
  }
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(0.25);
});
