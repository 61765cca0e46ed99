import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EventChannels, type Hypervisor, SHUTDOWN, VIRQ_DOM_EXC } from '../../hypervisor/hypervisor.js';
import { pvLayout } from '../../x86/layout.js';
import { Host } from '../host.js';

let directory: string;
let host: Host;
let hypervisor: Hypervisor;
let events: EventChannels;
let domid: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-events-'));
  host = await Host.create({ directory, memoryMib: 64, seed: 2 });
  hypervisor = host.connect();
  events = await hypervisor.openEventChannels();
  domid = await hypervisor.createDomain({
    kind: 'hvm',
    uuid: new Uint8Array(16),
    maxVcpus: 1,
    maxGrantFrames: 32,
    maxEventChannel: 3,
    hap: true,
    passthrough: false,
  });
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

/** Whether a port of the guest is pending in its shared_info. */
function isPending(port: number): boolean {
  const { sharedInfoMfn } = host.state.domains.get(domid)!;
  const bytes = host.state.machine.memory.frame(sharedInfoMfn);
  return ((bytes[pvLayout(8).sharedInfo.evtchnPending + (port >>> 3)]! >>> (port & 7)) & 1) === 1;
}

async function firesNothing(): Promise<void> {
  await expect(events.pending(AbortSignal.timeout(30))).rejects.toMatchObject({ name: 'TimeoutError' });
}

it('a guest port can be bound once, starts pending, and carries notifications both ways', async () => {
  const guestPort = await hypervisor.allocUnboundPort(domid, 0);
  const port = await events.bindInterdomain(domid, guestPort);
  expect(await events.pending()).toBe(port);
  await firesNothing();
  await expect(events.bindInterdomain(domid, guestPort)).rejects.toMatchObject({ code: 'EINVAL' });
  expect(isPending(guestPort)).toBe(false);
  await events.notify(port);
  expect(isPending(guestPort)).toBe(true);
  await events.unbind(port);
  await expect(events.notify(port)).rejects.toMatchObject({ code: 'EINVAL' });
  expect(await events.bindInterdomain(domid, guestPort)).not.toBe(port);
});

it('ports are limited, for the domain that may bind them, and must exist', async () => {
  const forAnother = await hypervisor.allocUnboundPort(domid, 5);
  await hypervisor.allocUnboundPort(domid, 0);
  await hypervisor.allocUnboundPort(domid, 0);
  await expect(hypervisor.allocUnboundPort(domid, 0)).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(events.bindInterdomain(domid, forAnother)).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(events.bindInterdomain(domid, 99)).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(events.bindVirq(99)).rejects.toMatchObject({ code: 'EINVAL' });
});

it('who waits and gives up loses no event', async () => {
  const port = await events.bindVirq(VIRQ_DOM_EXC);
  await firesNothing();
  await hypervisor.shutdownDomain(domid, SHUTDOWN.poweroff);
  expect(await events.pending()).toBe(port);
});

it('the end of a domain is told to all who listen for it, on shutdown and when it is gone', async () => {
  const port = await events.bindVirq(VIRQ_DOM_EXC);
  const others = await host.connect().openEventChannels();
  const otherPort = await others.bindVirq(VIRQ_DOM_EXC);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.reboot);
  expect(await events.pending()).toBe(port);
  expect(await others.pending()).toBe(otherPort);
  await hypervisor.destroyDomain(domid);
  expect(await events.pending()).toBe(port);
});

it('a suspend goes to the port that was subscribed to it instead', async () => {
  const virq = await events.bindVirq(VIRQ_DOM_EXC);
  const guestPort = await hypervisor.allocUnboundPort(domid, 0);
  const port = await events.bindInterdomain(domid, guestPort);
  expect(await events.pending()).toBe(port);
  await hypervisor.subscribeSuspend(domid, guestPort);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
  expect(await events.pending()).toBe(port);
  await firesNothing();
  await hypervisor.resumeDomain(domid);
  // As Xen: a domain that is up stays so.
  await hypervisor.resumeDomain(domid);
  expect((await hypervisor.domainInfo(domid)).shutdown).toBe(false);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.crash);
  expect(await events.pending()).toBe(virq);
});

it('closing ends whoever waits', async () => {
  const waiting = events.pending();
  await events.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ENOTCONN' });
});
