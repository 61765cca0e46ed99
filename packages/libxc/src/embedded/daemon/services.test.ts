import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildDomain } from '../../build/index.js';
import { SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { type TestHost, testHost } from '../../testing/hosts.js';
import { HVM_CPU } from '../../x86/registers.js';
import { XenstoreClient } from '../../xenstore/index.js';
import { HOST_FILES } from '../directory.js';
import { builtinKernel } from '../guest/index.js';
import { HostServices } from './services.js';

const MEMORY_KIB = 8 * 1024;
const PATIENCE = { timeout: 20_000, interval: 20 };

let test: TestHost;
let services: HostServices;
let store: XenstoreClient;
let domainsChanged: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  domainsChanged = 0;
  test = await testHost(9, 128);
  const { host } = test;
  services = await HostServices.start({
    host,
    directory: host.directory,
    clientsChanged: () => {},
    domainsChanged() {
      domainsChanged += 1;
    },
  });
  store = await XenstoreClient.connect(join(host.directory, HOST_FILES.xenstore));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await store.close();
  await services.close();
  await test.close();
});

const home = (domid: number) => `/local/domain/${domid}`;
const read = (path: string) => store.read(path).catch(() => undefined);
const infoOf = (domid: number) => test.hypervisor.domainInfo(domid);

interface Rings {
  readonly domid: number;
  readonly storeGfn: number;
  readonly storePort: number;
  readonly consoleGfn: number;
  readonly consolePort: number;
}

/** The nodes that a toolstack makes, and the domain told of. */
async function introduce({ domid, storeGfn, storePort, consoleGfn, consolePort }: Rings): Promise<void> {
  const owned = [`n${domid}`];
  for (const name of ['control/shutdown', 'control/feature-suspend', 'device/suspend/event-channel', 'data']) {
    await store.mkdir(`${home(domid)}/${name}`);
    await store.setPermissions(`${home(domid)}/${name}`, owned);
  }
  for (const name of ['control', 'device', 'device/suspend', 'name', 'domid']) {
    await store.write(`${home(domid)}/${name}`, name === 'name' ? 'vm' : name === 'domid' ? String(domid) : '');
    await store.setPermissions(`${home(domid)}/${name}`, ['n0', `r${domid}`]);
  }
  await store.setPermissions(home(domid), ['n0', `r${domid}`]);
  await store.write(`${home(domid)}/control/platform-feature-multiprocessor-suspend`, '1');
  await store.write(`${home(domid)}/console/ring-ref`, String(consoleGfn));
  await store.write(`${home(domid)}/console/port`, String(consolePort));
  await store.introduce(domid, storeGfn, storePort);
}

async function ports(domid: number) {
  return {
    storePort: await test.hypervisor.allocUnboundPort(domid, 0),
    consolePort: await test.hypervisor.allocUnboundPort(domid, 0),
  };
}

/** A guest that executes, introduced, paused. */
async function selfcheck(kind: 'pv' | 'hvm'): Promise<Rings> {
  const domid = await test.newDomain(kind, MEMORY_KIB);
  const { storePort, consolePort } = await ports(domid);
  const built = await buildDomain({
    hypervisor: test.hypervisor,
    domid,
    kind,
    memoryKib: MEMORY_KIB,
    kernel: builtinKernel('selfcheck'),
    cmdline: 'working-set=1M rate=500',
    vcpus: 1,
    store: { port: storePort, domid: 0 },
    console: { port: consolePort, domid: 0 },
  });
  const rings = { domid, ...built, storePort, consolePort };
  await introduce(rings);
  return rings;
}

/** What the domain's console says, from the beginning. */
async function consoleOf(domid: number): Promise<() => string> {
  const path = await vi.waitFor(async () => {
    const tty = await read(`${home(domid)}/console/tty`);
    expect(tty).toBeTruthy();
    return tty!;
  }, PATIENCE);
  const socket = connect(path);
  sockets.push(socket);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  return () => text;
}

async function gone(domid: number): Promise<void> {
  await vi.waitFor(() => expect(infoOf(domid)).rejects.toMatchObject({ code: 'ESRCH' }), PATIENCE);
}

describe.each(['pv', 'hvm'] as const)('a %s guest that executes', (kind) => {
  it('talks to xenstore and on its console, suspends when it is asked, goes on, and leaves nothing', async () => {
    const { hypervisor, host } = test;
    const free = (await hypervisor.info()).freePages;
    const { domid } = await selfcheck(kind);
    const said = await consoleOf(domid);
    await hypervisor.unpause(domid);
    await vi.waitFor(() => expect(said()).toMatch(/ [1-9]\d* writes, 0 lost/), PATIENCE);
    expect(await store.read(`${home(domid)}/control/feature-suspend`)).toBe('1');
    const port = await store.read(`${home(domid)}/device/suspend/event-channel`);
    expect(Number(port)).toBeGreaterThan(0);

    await store.write(`${home(domid)}/control/shutdown`, 'suspend');
    await vi.waitFor(async () => {
      expect(await infoOf(domid)).toMatchObject({ shutdown: true, shutdownReason: SHUTDOWN.suspend });
    }, PATIENCE);
    expect(await store.read(`${home(domid)}/control/shutdown`)).toBe('');
    expect(await hypervisor.consoleRing()).not.toMatch(/xenstored: |console of|control of/);

    await hypervisor.destroyDomain(domid);
    await gone(domid);
    expect((await hypervisor.info()).freePages).toBe(free);
    expect(domainsChanged).toBeGreaterThan(0);
    expect(await read(`${home(domid)}/data`)).toBeUndefined();
    await vi.waitFor(() => expect(existsSync(join(host.directory, `console-${domid}.sock`))).toBe(false), PATIENCE);
  });
});

describe('consoles', () => {
  it('are attached anew when their domain is introduced anew', async () => {
    const rings = await selfcheck('pv');
    await consoleOf(rings.domid);
    await store.write(`${home(rings.domid)}/console/tty`, '');
    await store.introduce(rings.domid, rings.storeGfn, rings.storePort);
    const said = await consoleOf(rings.domid);
    await test.hypervisor.unpause(rings.domid);
    await vi.waitFor(() => expect(said()).toMatch(/0 lost/), PATIENCE);
  });

  it('of a domain that goes away at once keep nothing of it, and bring no nodes back', async () => {
    const { hypervisor } = test;
    for (let round = 0; round < 5; round++) {
      const { domid } = await selfcheck('hvm');
      await hypervisor.destroyDomain(domid);
      await store.rm(home(domid));
      await gone(domid);
    }
    expect(await store.directory('/local/domain')).toEqual([]);
  });

  it('that are described wrongly are said to be so, and xenstore is served', async () => {
    const domid = await test.newDomain('hvm', 1024);
    await test.hypervisor.populatePhysmap(domid, Float64Array.of(1), 0);
    const { storePort, consolePort } = await ports(domid);
    await introduce({ domid, storeGfn: 1, storePort, consoleGfn: 77, consolePort });
    await vi.waitFor(async () => expect(await test.hypervisor.consoleRing()).toMatch(/console of d\d+: /), PATIENCE);
    expect(await store.isIntroduced(domid)).toBe(true);
    await test.hypervisor.destroyDomain(domid);
    await gone(domid);
  });
});

describe('a held guest', () => {
  /** An HVM guest with some vcpu that this host can't execute. */
  async function heldGuest(): Promise<number> {
    const { hypervisor } = test;
    const domid = await test.newDomain('hvm', 1024);
    await hypervisor.populatePhysmap(domid, Float64Array.of(1, 2), 0);
    const fresh = await hypervisor.hvmContext(domid);
    const cpu = Buffer.alloc(8 + HVM_CPU.size, 3);
    cpu.writeUInt16LE(2, 0);
    cpu.writeUInt16LE(0, 2);
    cpu.writeUInt32LE(HVM_CPU.size, 4);
    const header = 8 + 24;
    await hypervisor.setHvmContext(domid, Buffer.concat([fresh.subarray(0, header), cpu, fresh.subarray(header)]));
    expect((await infoOf(domid)).heldBecause).toBeDefined();
    await introduce({ domid, storeGfn: 1, consoleGfn: 2, ...(await ports(domid)) });
    return domid;
  }

  it('suspends when it is asked as its kernel would: it takes the word out and goes down', async () => {
    const domid = await heldGuest();
    await test.hypervisor.unpause(domid);
    await store.write(`${home(domid)}/control/shutdown`, 'suspend');
    await vi.waitFor(async () => {
      expect(await infoOf(domid)).toMatchObject({ shutdown: true, shutdownReason: SHUTDOWN.suspend });
    }, PATIENCE);
    expect(await store.read(`${home(domid)}/control/shutdown`)).toBe('');
  });

  it('that is paused, or asked for something else, does not answer', async () => {
    const domid = await heldGuest();
    await store.write(`${home(domid)}/control/shutdown`, 'suspend');
    await store.write(`${home(domid)}/control/shutdown`, 'poweroff');
    await test.hypervisor.unpause(domid);
    await store.write(`${home(domid)}/control/shutdown`, 'poweroff');
    await store.control('check');
    expect(await store.read(`${home(domid)}/control/shutdown`)).toBe('poweroff');
    expect((await infoOf(domid)).shutdown).toBe(false);
  });
});
