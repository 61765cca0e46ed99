import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedHost, type EmbeddedHost } from '@xen-migration/libxc/embedded';
import { XenstoreClient, Xenstored, XenstoreError } from '@xen-migration/libxc/xenstore';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection, TYPE } from './raw-connection.js';
import { type XenPrograms, XenXenstored, xenstorePrograms } from './xen-xenstored.js';

const programs = xenstorePrograms();
if ('missing' in programs) console.warn(`differential tests against xenstored are skipped: ${programs.missing}`);

const CONNECTIONS = 2;
/** What the tests write is below these, and does not outlive a test. */
const TOP = ['/a', '/e', '/local'];

/** One request of one of the clients. */
interface Step {
  readonly client: number;
  readonly request: Exclude<keyof typeof TYPE, 'watchEvent' | 'error'>;
  readonly words: readonly string[];
  /** Without a NUL after the last word, as WRITE has it. */
  readonly open: boolean;
  /** Begun by this client so many transactions before its latest. */
  readonly transaction: number | undefined;
}

const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('/a', '/a/b', '/a/b/c', '/a/d', '/e', '/e/f', '/local/domain/0/rel') },
  { weight: 3, arbitrary: fc.constantFrom('/', 'rel', 'rel/x', '@introduceDomain', '@releaseDomain', '@x') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '/a/', '//a', '/a//b', '/a b', '/ä', '.', '/a/@x', `/${'n'.repeat(300)}`),
  },
);
/** Xen's xenstored 4.17 dies of permissions for events that there are not. */
const node = path.filter((name) => !name.startsWith('@'));
const token = fc.constantFrom('t', 'u', '');
const permission = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('n0', 'r0', 'w0', 'b0') },
  { weight: 1, arbitrary: fc.constantFrom('', 'x0') },
);
const value = fc.constantFrom('', 'one', 'two', 'x'.repeat(2000), 'a\u0000b');

const words = (request: Step['request'], ...arbitraries: fc.Arbitrary<string>[]) =>
  fc.tuple(...arbitraries).map((all) => ({ request, words: all, open: false }));

const request = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(path, value).map((all) => ({ request: 'write' as const, words: all, open: true })) },
  { weight: 4, arbitrary: words('read', path) },
  { weight: 3, arbitrary: words('directory', path) },
  { weight: 2, arbitrary: words('mkdir', path) },
  { weight: 4, arbitrary: words('rm', path) },
  { weight: 2, arbitrary: words('getPermissions', path) },
  { weight: 2, arbitrary: words('setPermissions', node, permission) },
  { weight: 1, arbitrary: words('setPermissions', node, permission, permission) },
  { weight: 3, arbitrary: words('watch', path, token) },
  { weight: 2, arbitrary: words('unwatch', path, token) },
  { weight: 4, arbitrary: words('transactionStart', fc.constant('')) },
  { weight: 4, arbitrary: words('transactionEnd', fc.constantFrom('T', 'T', 'T', 'F', 'X')) },
  { weight: 1, arbitrary: words('domainPath', fc.constantFrom('0', '7')) },
  { weight: 1, arbitrary: words('isIntroduced', fc.constantFrom('3', '7')) },
  { weight: 1, arbitrary: words('release', fc.constantFrom('7')) },
  { weight: 1, arbitrary: words('resume', fc.constantFrom('7')) },
  { weight: 1, arbitrary: words('setTarget', fc.constantFrom('7'), fc.constantFrom('8')) },
  { weight: 1, arbitrary: words('resetWatches', fc.constant('')) },
);
const step: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(CONNECTIONS - 1), request, fc.option(fc.nat(2), { nil: undefined }))
  // RESET_WATCHES ends the client's transactions; asked within one, Xen's xenstored 4.17 goes on with what it has freed, and aborts.
  .map(([client, asked, transaction]) => ({
    client,
    ...asked,
    transaction: asked.request === 'resetWatches' ? undefined : transaction,
  }));

/** What the clients see of a xenstored. */
async function play(socket: string, steps: readonly Step[]): Promise<string[]> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawConnection.open(socket)));
  const transactions: number[][] = clients.map(() => []);
  const seen: string[] = [];
  for (const { client, request, words, open, transaction } of steps) {
    const ids = transactions[client]!;
    const id = transaction === undefined ? undefined : ids.at(-1 - transaction);
    const payload = Buffer.from(words.map((word) => `${word}\0`).join(''), 'utf8');
    const answer = await clients[client]!.ask(TYPE[request], open ? payload.subarray(0, -1) : payload, id);
    const starts = answer.type === TYPE.transactionStart;
    if (starts) ids.push(Number(answer.payload.toString('latin1').replace('\0', '')));
    const told = starts ? '<id>' : answer.payload.toString('latin1');
    seen.push(
      `${client} ${request}(${words.map((word) => word.slice(0, 20))}) in ${transaction}: ${answer.type} ${told}`,
    );
    for (const [i, other] of clients.entries()) {
      // What comes before the answer was told before.
      await other.ask(TYPE.domainPath, '0\0');
      // Xen's leaves out an event that waits already, word for word: whether it still waits is a matter of moments.
      for (const event of new Set(other.events)) seen.push(`  ${i} is told ${event}`);
      other.events = [];
    }
  }
  for (const path of TOP) await clients[0]!.ask(TYPE.rm, `${path}\0`);
  for (const client of clients) client.close();
  return seen;
}

describe.skipIf('missing' in programs)("Xen's xenstored and ours", () => {
  let directory: string;
  let host: EmbeddedHost;
  let ours: Xenstored;
  let theirs: XenXenstored;
  let sockets: { ours: string; theirs: string };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'xenstored-'));
    host = await createEmbeddedHost({ directory, memoryMib: 64, seed: 1 });
    const socket = join(directory, 'ours');
    ours = await Xenstored.start({ hypervisor: host.connect(), socket });
    theirs = await XenXenstored.start(programs as XenPrograms);
    sockets = { ours: socket, theirs: theirs.socket };
  });
  afterAll(async () => {
    theirs?.stop();
    await ours.close();
    await host.close();
    rmSync(directory, { recursive: true });
  });

  it('say the same to the same requests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        expect(await play(sockets.ours, steps)).toEqual(await play(sockets.theirs, steps));
      }),
      { numRuns: 300 },
    );
  });

  it('hand out long directories in the same parts', async () => {
    const list = async (socket: string) => {
      const raw = await RawConnection.open(socket);
      for (let i = 0; i < 700; i++) await raw.ask(TYPE.mkdir, `/a/${'n'.repeat(i % 9)}${i}\0`);
      const parts = [(await raw.ask(TYPE.directory, '/a\0')).payload.toString()];
      for (const offset of [0, 4084, 4090, 4095, 100_000]) {
        const { payload } = await raw.ask(TYPE.directoryPart, `/a\0${offset}\0`);
        // Both begin with a generation of their own.
        parts.push(payload.toString().replace(/^\d+\0/, ''));
      }
      await raw.ask(TYPE.rm, '/a\0');
      raw.close();
      return parts;
    };
    const [mine, xens] = [await list(sockets.ours), await list(sockets.theirs)];
    expect(mine[0]).toBe('E2BIG\0');
    expect(mine.map((part) => part.split('\0').sort())).toEqual(xens.map((part) => part.split('\0').sort()));
  });

  it('serve our client alike', async () => {
    const session = async (socket: string) => {
      const client = await XenstoreClient.connect(socket);
      const seen: unknown[] = [];
      await client.transaction(async (store) => {
        await store.write('/a/value', 'one');
        await store.setPermissions('/a/value', ['n0', 'r0']);
      });
      seen.push(await client.read('/a/value'), await client.directory('/a'), await client.getPermissions('/a/value'));
      const watch = await client.watch('/a', (path) => seen.push(path));
      await client.write('/a/value', Uint8Array.of(1, 0, 2));
      seen.push([...(await client.readBytes('/a/value'))]);
      await watch.close();
      for (let i = 0; i < 1000; i++) void client.mkdir(`/a/many/${i}`);
      seen.push((await client.directory('/a/many')).length);
      for (const attempt of [client.read('/a/none'), client.rm('/e/f'), client.read('bad path'), client.release(7)]) {
        seen.push(await attempt.catch((e: unknown) => (e instanceof XenstoreError ? e.message : e)));
      }
      seen.push(await client.domainPath(7), await client.isIntroduced(7));
      await client.rm('/a');
      await client.close();
      return seen;
    };
    const mine = await session(sockets.ours);
    expect(mine).toEqual(await session(sockets.theirs));
    expect(mine).toContain(1000);
  });

  it("serve Xen's own client programs alike", async () => {
    const session = async (socket: string) => [
      await run(socket, 'usr/bin/xenstore-write', '/a/b', 'one', '/a/c', 'two'),
      await run(socket, 'usr/bin/xenstore-chmod', '/a/b', 'n0', 'b0'),
      await run(socket, 'usr/bin/xenstore-read', '/a/b', '/a/c'),
      await run(socket, 'usr/bin/xenstore-read', '/a/none'),
      await run(socket, 'usr/bin/xenstore-exists', '/a/b'),
      await run(socket, 'usr/bin/xenstore-list', '-f', '/a'),
      await run(socket, 'usr/bin/xenstore-ls', '-f', '-p'),
      await run(socket, 'usr/bin/xenstore-watch', '-n', '1', '/a'),
      await run(socket, 'usr/bin/xenstore-rm', '/a'),
      await run(socket, 'usr/bin/xenstore-ls'),
    ];
    const mine = await session(sockets.ours);
    expect(mine).toEqual(await session(sockets.theirs));
    expect(mine[2]).toEqual({ stdout: 'one\ntwo\n', stderr: '', failed: false });
  });

  it("pass Xen's own test", async () => {
    const { failed, stderr } = await run(sockets.ours, 'usr/lib/xen-4.17/bin/test-xenstore', '-i', '20');
    expect([failed, stderr]).toEqual([false, '']);
  });
});

/** A program of Xen's, talking to that socket. */
function run(socket: string, program: string, ...args: string[]) {
  const { root, env } = programs as XenPrograms;
  const options = { env: { ...env, XENSTORED_PATH: socket }, timeout: 30_000 };
  return new Promise<{ stdout: string; stderr: string; failed: boolean }>((resolve) => {
    execFile(`${root}/${program}`, args, options, (error, stdout, stderr) =>
      resolve({ stdout, stderr, failed: error !== null }),
    );
  });
}
