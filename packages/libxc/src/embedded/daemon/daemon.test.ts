import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { XenstoreClient } from '../../xenstore/index.js';
import { connectEmbeddedHost } from '../client/connect.js';
import { HOST_FILES } from '../directory.js';

/** The daemon and other clients are processes of their own: they run the build. */
const DAEMON = createRequire(import.meta.url).resolve('@xen-migration/libxc/embedded/daemon');
const EMBEDDED = pathToFileURL(join(dirname(DAEMON), '..', 'index.js')).href;
const XENSTORE = pathToFileURL(createRequire(import.meta.url).resolve('@xen-migration/libxc/xenstore')).href;

let directory: string;
const children: ChildProcess[] = [];
const clients: Hypervisor[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xen-daemon-'));
  process.env.XEN_EMBEDDED_IDLE = '1';
  process.env.XEN_EMBEDDED_MEMORY = '256';
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const client of clients.splice(0)) {
    for (const { domid } of await client.listDomains(0, 100)) await client.destroyDomain(domid);
    await client.close();
  }
  await until(() => !existsSync(join(directory, HOST_FILES.lock)));
  rmSync(directory, { recursive: true });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error('it did not come to pass within 10 s');
}

async function client(): Promise<Hypervisor> {
  const made = await connectEmbeddedHost({ directory });
  clients.push(made);
  return made;
}

const config = {
  kind: 'pv',
  uuid: new Uint8Array(16),
  maxVcpus: 1,
  maxGrantFrames: 32,
  maxEventChannel: 1023,
  hap: false,
  passthrough: false,
} as const;

const upTo = (count: number) => Float64Array.from({ length: count }, (_, i) => i);

/** A client in another process, which runs `script` with `h` connected, prints 'ready' and waits to be killed. */
async function otherClient(script: string): Promise<ChildProcess> {
  const code = `import { connectEmbeddedHost } from '${EMBEDDED}';
    const h = await connectEmbeddedHost({ directory: ${JSON.stringify(directory)} });
    ${script}
    console.log('ready'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the other client ended')));
  });
  return child;
}

describe('the daemon', () => {
  it('starts by itself, once for many clients at the same time, and leaves nothing when it was idle', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => connectEmbeddedHost({ directory })));
    const domid = await all[0]!.createDomain(config);
    for (const one of all) expect((await one.domainInfo(domid)).domid).toBe(domid);
    await all[0]!.destroyDomain(domid);
    for (const one of all) await one.close();
    await until(() => !existsSync(join(directory, HOST_FILES.lock)));
    expect(readdirSync(directory)).toEqual([HOST_FILES.log]);
  });

  it('waits for whoever has started it, however soon it is to end', async () => {
    process.env.XEN_EMBEDDED_IDLE = '0';
    const daemon = spawn(process.execPath, [DAEMON], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } });
    children.push(daemon);
    await until(() => existsSync(join(directory, HOST_FILES.socket)));
    await sleep(300);
    expect(daemon.exitCode).toBeNull();
    const only = await connectEmbeddedHost({ directory });
    await only.close();
    await until(() => !existsSync(join(directory, HOST_FILES.lock)));
  });

  it('is not started where that was not asked for', async () => {
    await expect(connectEmbeddedHost({ directory, autostart: false })).rejects.toThrow(/no embedded host runs/);
  });

  it('lives on while there are domains, though no client is there', async () => {
    const first = await connectEmbeddedHost({ directory });
    const domid = await first.createDomain(config);
    await first.close();
    await sleep(1500);
    expect((await (await client()).domainInfo(domid)).domid).toBe(domid);
  });

  it('a second one for the same directory leaves quietly', async () => {
    await client();
    const second = spawn(process.execPath, [DAEMON], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } });
    expect(await new Promise((resolve) => second.once('exit', resolve))).toBe(0);
  });

  it('ends when its directory is gone, and leaves the next one alone', { timeout: 60_000 }, async () => {
    const daemon = spawn(process.execPath, [DAEMON], {
      env: { ...process.env, XEN_EMBEDDED_DIR: directory, XEN_EMBEDDED_IDLE: '9000000' },
    });
    children.push(daemon);
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    await until(() => existsSync(join(directory, HOST_FILES.socket)));
    rmSync(directory, { recursive: true });
    const next = await client();
    const domid = await next.createDomain(config);
    await ended;
    expect(await (await client()).domainInfo(domid)).toMatchObject({ domid });
    expect(readdirSync(directory)).toEqual(expect.arrayContaining([HOST_FILES.lock, HOST_FILES.memory]));
    await next.destroyDomain(domid);
  });

  it('after a killed one, clears up what that left', async () => {
    const daemon = spawn(process.execPath, [DAEMON], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } });
    await until(() => existsSync(join(directory, HOST_FILES.socket)));
    daemon.kill('SIGKILL');
    await new Promise((resolve) => daemon.once('exit', resolve));
    expect(await (await client()).listDomains(0, 10)).toEqual([]);
  });

  it('closes the connection of a client that talks nonsense, and serves the others', async () => {
    const good = await client();
    const socket = connect(join(directory, HOST_FILES.socket));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(Buffer.from([9, 0, 0, 0, 1, 0, 0, 0, 255, 1, 1, 1, 1]));
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await good.info()).major).toBe(4);
    expect(await good.consoleRing()).toMatch(/no request/);
  });
});

describe('xenstore', () => {
  const openStore = () => XenstoreClient.connect(join(directory, HOST_FILES.xenstore));

  it('is there for every process, and its clients keep the daemon', async () => {
    const first = await connectEmbeddedHost({ directory });
    const store = await openStore();
    await first.close();
    const other = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { XenstoreClient } from '${XENSTORE}';
       const store = await XenstoreClient.connect(${JSON.stringify(join(directory, HOST_FILES.xenstore))});
       await store.watch('/question', async () => {
         if ((await store.read('/question').catch(() => '')) !== 'who?') return;
         await store.write('/answer', 'me');
         await store.close();
       });`,
    ]);
    children.push(other);
    const answers: string[] = [];
    await store.watch('/answer', async () => answers.push(await store.read('/answer').catch(() => '')));
    await store.write('/question', 'who?');
    await until(() => answers.includes('me'));
    await until(() => other.exitCode === 0);
    // Longer than an idle daemon lives.
    await sleep(1500);
    expect(await store.read('/answer')).toBe('me');
    await store.close();
    await until(() => !existsSync(join(directory, HOST_FILES.lock)));
    expect(readdirSync(directory)).toEqual([HOST_FILES.log]);
  });

  it('loses its clients with a killed daemon, and is empty in the next', async () => {
    const daemon = spawn(process.execPath, [DAEMON], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } });
    await until(() => existsSync(join(directory, HOST_FILES.socket)));
    const store = await openStore();
    await store.write('/a', 'x');
    let fired = 0;
    await store.watch('/a', () => fired++);
    daemon.kill('SIGKILL');
    await until(() => fired === 2);
    await expect(store.read('/a')).rejects.toMatchObject({ code: 'ENOTCONN' });
    await client();
    const next = await openStore();
    await expect(next.read('/a')).rejects.toMatchObject({ code: 'ENOENT' });
    await next.close();
  });
});

describe('clients', () => {
  it('share guest memory without sending it', async () => {
    const [one, two] = [await client(), await client()];
    const domid = await one.createDomain(config);
    await one.setMaxMemory(domid, 4096);
    const mfns = await one.populatePhysmap(domid, upTo(1024), 0);
    const written = await one.mapForeign(domid, mfns, 'write');
    const read = await two.mapForeign(domid, mfns, 'read');
    for (let i = 0; i < 1024; i++) written.page(i).fill(i);
    for (let i = 0; i < 1024; i++) expect(read.page(i)[4095]).toBe(i & 255);
    const whole = read.runs(0, 1024);
    expect(whole.length).toBeLessThan(512);
    expect(whole.reduce((sum, run) => sum + run.length, 0)).toBe(1024 * 4096);
  });

  it('that are killed leave no mapping and no event channel behind', async () => {
    const mine = await client();
    const domid = await mine.createDomain(config);
    await mine.setMaxMemory(domid, 4096);
    const mfns = await mine.populatePhysmap(domid, upTo(8), 0);
    const port = await mine.allocUnboundPort(domid, 0);
    const other = await otherClient(`
      await h.mapForeign(${domid}, Float64Array.of(${[...mfns].join()}), 'write');
      const e = await h.openEventChannels(); await e.bindInterdomain(${domid}, ${port});`);
    const events = await mine.openEventChannels();
    await expect(mine.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[0]! }])).rejects.toMatchObject({
      code: 'EINVAL',
    });
    await expect(events.bindInterdomain(domid, port)).rejects.toMatchObject({ code: 'EINVAL' });
    other.kill('SIGKILL');
    await until(async () => {
      try {
        await mine.mmuExt(domid, [{ op: 'pin', level: 1, mfn: mfns[0]! }]);
        return true;
      } catch {
        return false;
      }
    });
    expect(await events.bindInterdomain(domid, port)).toBeGreaterThan(0);
    await mine.destroyDomain(domid);
    await expect(mine.domainInfo(domid)).rejects.toMatchObject({ code: 'ESRCH' });
  });

  it('get thousands of answers at a time, each to its question', async () => {
    const mine = await client();
    const domids = await Promise.all(Array.from({ length: 5 }, () => mine.createDomain(config)));
    const infos = await Promise.all(Array.from({ length: 5000 }, (_, i) => mine.domainInfo(domids[i % 5]!)));
    expect(infos.map(({ domid }) => domid)).toEqual(infos.map((_, i) => domids[i % 5]));
  });

  it('find that their connection is lost when the daemon is killed', async () => {
    const daemon = spawn(process.execPath, [DAEMON], { env: { ...process.env, XEN_EMBEDDED_DIR: directory } });
    await until(() => existsSync(join(directory, HOST_FILES.socket)));
    const mine = await connectEmbeddedHost({ directory });
    const events = await mine.openEventChannels();
    const waiting = events.pending();
    daemon.kill('SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'ENOTCONN' });
    await expect(mine.info()).rejects.toMatchObject({ code: 'ENOTCONN' });
    await client();
  });
});
