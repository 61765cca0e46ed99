import { SHUTDOWN, type ShutdownReason } from '@xen-migration/libxc';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, testHost } from '../testing/test-host.js';
import { shutdownPath, suspendPortPath } from '../xenstore/paths.js';
import { readText, removeTree } from '../xenstore/store.js';
import { watchUntil } from '../xenstore/wait.js';
import { withdrawRequest } from './control.js';
import { destroyDomain } from './destroy.js';
import { PARAM } from './hvm-param.js';
import { ensureRunning, resumeDomain } from './resume.js';
import { type SuspendRequest, suspendDomain } from './suspend.js';

let test: TestHost;
beforeAll(async () => {
  test = await testHost();
});
afterEach(() => test.destroyAll());
afterAll(() => test.close());

async function untilAsked(domid: number): Promise<void> {
  const { xenstore } = test.host;
  const asked = async () => ((await readText(xenstore, shutdownPath(domid))) === 'suspend' ? true : undefined);
  await watchUntil(xenstore, shutdownPath(domid), asked, { timeoutMs: 10_000 });
}

/** Takes the request out, as a kernel does. */
async function acknowledge(domid: number): Promise<void> {
  await untilAsked(domid);
  await test.host.xenstore.write(shutdownPath(domid), '');
}

/** Plays the kernel's whole part: acknowledges, and goes down. */
async function actAsGuest(domid: number, down: ShutdownReason = SHUTDOWN.suspend): Promise<void> {
  await acknowledge(domid);
  await test.host.hypervisor.shutdownDomain(domid, down);
}

const suspended = async (domid: number) => {
  const { shutdown, shutdownReason } = await test.host.hypervisor.domainInfo(domid);
  return shutdown && shutdownReason === SHUTDOWN.suspend;
};

describe('suspend', () => {
  it.each(['pv', 'hvm'] as const)('of a %s guest goes through its event channel, and it goes on', async (type) => {
    const { host } = test;
    const domid = await test.guest('vm', { type, running: true });
    const port = async () => (await readText(host.xenstore, suspendPortPath(domid))) || undefined;
    expect(await watchUntil(host.xenstore, suspendPortPath(domid), port, { timeoutMs: 20_000 })).toMatch(/^\d+$/);
    for (let round = 0; round < 3; round++) {
      let asked: SuspendRequest | undefined;
      await suspendDomain({ host, domid, onAsked: (by) => (asked = by) });
      expect(asked).toBe('event-channel');
      expect(await suspended(domid)).toBe(true);
      await resumeDomain(host, domid);
      expect(await suspended(domid)).toBe(false);
    }
  });

  it.each(['event-channel', 'xenstore'] as const)('by %s is not asked for before its owner is ready', async (by) => {
    const { host } = test;
    const domid = await test.guest('vm', { type: 'pv', running: by === 'event-channel' });
    if (by === 'event-channel') {
      const port = async () => (await readText(host.xenstore, suspendPortPath(domid))) || undefined;
      await watchUntil(host.xenstore, suspendPortPath(domid), port, { timeoutMs: 20_000 });
    }
    let asked: SuspendRequest | undefined;
    const beforeAsking = () => Promise.reject(new Error('not now'));
    await expect(suspendDomain({ host, domid, beforeAsking, onAsked: (way) => (asked = way) })).rejects.toThrow(
      'not now',
    );
    expect(asked).toBeUndefined();
    expect(await readText(host.xenstore, shutdownPath(domid))).not.toBe('suspend');
    expect(await suspended(domid)).toBe(false);
  });

  it('goes through xenstore where the guest offers no event channel', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    let asked: SuspendRequest | undefined;
    const guest = actAsGuest(domid);
    await suspendDomain({ host, domid, onAsked: (by) => (asked = by) });
    await guest;
    expect(asked).toBe('xenstore');
    expect(await suspended(domid)).toBe(true);
  });

  it('of an HVM guest without PV drivers asks nobody', async () => {
    const { host } = test;
    const domid = await test.guest('vm', { type: 'hvm' });
    let asked: SuspendRequest | undefined;
    await suspendDomain({ host, domid, onAsked: (by) => (asked = by) });
    expect(asked).toBe('remote');
    expect(await suspended(domid)).toBe(true);
    await resumeDomain(host, domid);
    expect(await suspended(domid)).toBe(false);
  });

  it('that the guest does not acknowledge is taken back', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    await expect(suspendDomain({ host, domid, timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERROR_GUEST_TIMEDOUT',
      rc: -8,
    });
    expect(await readText(host.xenstore, shutdownPath(domid))).toBe('');
  });

  it('that the guest acknowledges without going down fails, too', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    const suspending = suspendDomain({ host, domid, timeoutMs: 1_000 });
    await Promise.all([expect(suspending).rejects.toThrow('guest did not suspend'), acknowledge(domid)]);
  });

  it('of a guest that crashes or goes away fails with that', async () => {
    const { host } = test;
    const crashing = await test.guest('one');
    const crash = expect(suspendDomain({ host, domid: crashing })).rejects.toMatchObject({
      code: 'ERROR_FAIL',
      message: expect.stringContaining('went down for another reason (code 3)'),
    });
    await Promise.all([crash, actAsGuest(crashing, SHUTDOWN.crash)]);
    const leaving = await test.guest('two');
    const gone = expect(suspendDomain({ host, domid: leaving })).rejects.toMatchObject({
      code: 'ERROR_DOMAIN_DESTROYED',
    });
    await acknowledge(leaving);
    await destroyDomain(host, leaving);
    await gone;
  });

  it('of an HVM guest whose PV drivers listen goes through xenstore', async () => {
    const { host } = test;
    const domid = await test.guest('vm', { type: 'hvm' });
    await host.hypervisor.setHvmParam(domid, PARAM.CALLBACK_IRQ, 1n);
    let asked: SuspendRequest | undefined;
    const guest = actAsGuest(domid);
    await suspendDomain({ host, domid, onAsked: (by) => (asked = by) });
    await guest;
    expect(asked).toBe('xenstore');
    await resumeDomain(host, domid);
    expect(await suspended(domid)).toBe(false);
  });

  it('of an HVM guest in ACPI sleep asks nobody, whatever it offers', async () => {
    const { host } = test;
    const domid = await test.guest('vm', { type: 'hvm' });
    await host.hypervisor.setHvmParam(domid, PARAM.CALLBACK_IRQ, 1n);
    await host.hypervisor.setHvmParam(domid, PARAM.ACPI_S_STATE, 3n);
    await host.xenstore.write(suspendPortPath(domid), '5');
    let asked: SuspendRequest | undefined;
    await suspendDomain({ host, domid, onAsked: (by) => (asked = by) });
    expect(asked).toBe('remote');
  });

  it('that is acknowledged in the last moment can not be taken back', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    await host.xenstore.write(shutdownPath(domid), 'suspend');
    await host.xenstore.write(shutdownPath(domid), '');
    expect(await withdrawRequest(host, domid, 'suspend')).toBe(false);
    await host.xenstore.write(shutdownPath(domid), 'suspend');
    expect(await withdrawRequest(host, domid, 'suspend')).toBe(true);
    expect(await readText(host.xenstore, shutdownPath(domid))).toBe('');
  });

  it('can be cancelled, and takes the request back', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(suspendDomain({ host, domid, signal: abort.signal })).rejects.toThrow('enough');
    expect(await readText(host.xenstore, shutdownPath(domid))).toBe('');
  });
});

describe('ensureRunning', () => {
  it('takes back what the guest has not seen, and resumes what is suspended', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    await removeTree(host.xenstore, shutdownPath(domid));
    await host.xenstore.write(shutdownPath(domid), 'suspend');
    expect(await ensureRunning(host, domid, true)).toEqual([]);
    expect(await readText(host.xenstore, shutdownPath(domid))).toBe('');
    await host.hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
    await host.hypervisor.enableLogDirty(domid).catch(() => undefined);
    expect(await ensureRunning(host, domid, true)).toEqual([]);
    expect(await suspended(domid)).toBe(false);
  });

  it('resumes a guest that suspends late', async () => {
    const { host } = test;
    const domid = await test.guest('vm');
    setTimeout(() => void host.hypervisor.shutdownDomain(domid, SHUTDOWN.suspend), 150);
    expect(await ensureRunning(host, domid, true)).toEqual([]);
    expect(await suspended(domid)).toBe(false);
  });

  it('does not wait for a guest that is stopped as it is: it was not asked', async () => {
    const domid = await test.guest('vm', { type: 'hvm', running: false });
    const start = performance.now();
    expect(await ensureRunning(test.host, domid, true)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(8_000);
  });

  it('has nothing to do where the domain is gone', async () => {
    expect(await ensureRunning(test.host, 4711, true)).toEqual([]);
  });
});
