import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isXenstoreError } from '../errors.js';
import { type ServedHost, servedHost } from '../testing/served-host.js';
import { encodeMessage, encodeStrings, type Message, MessageAssembler, XS } from '../wire.js';
import { XenstoreClient } from './client.js';

let host: ServedHost;
beforeAll(async () => {
  host = await servedHost();
});
afterAll(() => host.close());

describe('a client', () => {
  it('reads, writes, lists and removes', async () => {
    const client = await host.connect();
    await client.write('/a/b', 'text with ü');
    expect(await client.read('/a/b')).toBe('text with ü');
    await client.write('/a/c', Uint8Array.of(0, 255, 0));
    expect([...(await client.readBytes('/a/c'))]).toEqual([0, 255, 0]);
    await client.mkdir('/a/d');
    expect(await client.directory('/a')).toEqual(['b', 'c', 'd']);
    expect(await client.directory('/a/d')).toEqual([]);
    await client.setPermissions('/a', ['n0', 'r3']);
    expect(await client.getPermissions('/a')).toEqual(['n0', 'r3']);
    await client.rm('/a');
    await expect(client.read('/a')).rejects.toThrow('xenstore: READ /a: ENOENT');
    expect(isXenstoreError(await client.read('/a').catch((e: unknown) => e), 'ENOENT')).toBe(true);
    expect(await client.domainPath(7)).toBe('/local/domain/7');
    expect(await client.isIntroduced(7)).toBe(false);
    expect(await client.control('check')).toBe('OK');
  });

  it('gets thousands of answers, each to its question', async () => {
    const client = await host.connect();
    await Promise.all(Array.from({ length: 3000 }, (_, i) => client.write(`/many/${i}`, String(i))));
    const values = await Promise.all(Array.from({ length: 3000 }, (_, i) => client.read(`/many/${i}`)));
    expect(values).toEqual(values.map((_, i) => String(i)));
    // Longer than a message can be.
    expect((await client.directory('/many')).sort()).toEqual(values.map((_, i) => String(i)).sort());
    await client.rm('/many');
  });

  it('lists a long directory anew while it changes', async () => {
    const [client, other] = [await host.connect(), await host.connect()];
    const names = Array.from({ length: 2000 }, (_, i) => `node-${i}`);
    for (const name of names) void client.mkdir(`/long/${name}`);
    let changes = 0;
    const change = async () => {
      for (; changes < 5; changes++) await other.mkdir(`/long/new-${changes}`);
    };
    const [list] = await Promise.all([client.directory('/long'), change()]);
    expect(list.slice(0, 2000)).toEqual(names);
    expect(new Set(list).size).toBe(list.length);
    await client.rm('/long');
  });

  it('refuses what no xenstored takes, and goes on', async () => {
    const client = await host.connect();
    await expect(client.write('/big', 'x'.repeat(4096))).rejects.toMatchObject({ code: 'E2BIG', path: '/big' });
    await expect(client.read('/a\0/b')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(client.watch('/a\0', () => {})).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(client.read('no path!')).rejects.toMatchObject({ code: 'EINVAL', operation: 'READ' });
    await client.write('/big', 'x'.repeat(4091));
    expect(await client.read('/big')).toHaveLength(4091);
  });
});

describe('watches', () => {
  it('call back at first and for changes, until they are closed', async () => {
    const [client, other] = [await host.connect(), await host.connect()];
    const paths: string[] = [];
    const watch = await client.watch('/w', (path) => paths.push(path));
    await other.write('/w/x', '1');
    await client.read('/');
    expect(paths).toEqual(['/w', '/w/x']);
    await watch.close();
    await watch.close();
    await other.write('/w/x', '2');
    await client.read('/');
    expect(paths).toEqual(['/w', '/w/x']);
  });

  it('are each on their own, also on one path', async () => {
    const client = await host.connect();
    const [one, two] = [vi.fn(), vi.fn()];
    const first = await client.watch('/w', one);
    await client.watch('/w', two);
    await client.write('/w', '1');
    await first.close();
    await client.write('/w', '2');
    await client.read('/');
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([2, 3]);
  });
});

describe('transactions', () => {
  it('run again when somebody else came between', async () => {
    const [client, other] = [await host.connect(), await host.connect()];
    await client.write('/count', '0');
    let runs = 0;
    const result = await client.transaction(async (store) => {
      runs += 1;
      const count = Number(await store.read('/count'));
      if (runs < 3) await other.write('/count', String(count + 10));
      await store.write('/count', String(count + 1));
      return runs;
    });
    expect(result).toBe(3);
    expect(await client.read('/count')).toBe('21');
  });

  it('of many at once all come through', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => host.connect()));
    await clients[0]!.write('/sum', '0');
    const add = (client: XenstoreClient) =>
      client.transaction(async (store) => store.write('/sum', String(Number(await store.read('/sum')) + 1)));
    await Promise.all(clients.flatMap((client) => Array.from({ length: 5 }, () => add(client))));
    expect(await clients[0]!.read('/sum')).toBe('40');
  });

  it('that throw leave nothing', async () => {
    const client = await host.connect();
    const failing = client.transaction(async (store) => {
      await store.write('/half', '1');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(client.read('/half')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a connection', () => {
  it('to nobody is refused', async () => {
    await expect(XenstoreClient.connect('/nonexistent/socket')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(XenstoreClient.connect('/nonexistent/socket')).rejects.toThrow(/no xenstored at/);
  });

  it('that is closed refuses requests; what is under way fails', async () => {
    const client = await XenstoreClient.connect(host.socket);
    const pending = client.read('/');
    const fired = vi.fn();
    const watching = client.watch('/x', fired);
    await Promise.all([
      expect(pending).rejects.toMatchObject({ code: 'ENOTCONN' }),
      expect(watching).rejects.toMatchObject({ code: 'ENOTCONN' }),
      client.close(),
    ]);
    await expect(client.read('/')).rejects.toThrow(/the connection was closed/);
    await client.close();
    expect(fired).not.toHaveBeenCalled();
  });
});

/** What a broken xenstored may do. */
describe('a xenstored', () => {
  let directory: string;
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
    rmSync(directory, { recursive: true });
  });

  async function broken(answer: (message: Message, socket: Socket) => void): Promise<XenstoreClient> {
    directory = mkdtempSync(join(tmpdir(), 'broken-'));
    const path = join(directory, 'socket');
    server = createServer((socket) => {
      const assembler = new MessageAssembler();
      socket.on('data', (bytes) => {
        for (const message of assembler.push(bytes)) answer(message, socket);
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server!.listen(path, resolve));
    return XenstoreClient.connect(path);
  }

  it('that ends fails all that is under way, and fires every watch once, so that waiters look', async () => {
    let read = 0;
    const client = await broken((message, socket) => {
      if (message.type === XS.WATCH) socket.write(encodeMessage({ ...message, payload: encodeStrings('OK') }));
      else if (++read === 3) socket.destroy();
    });
    const fired = vi.fn();
    const watch = await client.watch('/x', fired);
    const all = await Promise.allSettled([client.read('/a'), client.read('/b'), client.read('/c')]);
    expect(all.map((one) => one.status === 'rejected' && one.reason.code)).toEqual([
      'ENOTCONN',
      'ENOTCONN',
      'ENOTCONN',
    ]);
    await vi.waitFor(() => expect(fired).toHaveBeenCalledExactlyOnceWith('/x'));
    await expect(client.write('/d', '')).rejects.toThrow(/no connection to xenstored: xenstored closed the connection/);
    await watch.close();
    await client.close();
  });

  it.each([
    ['answers what nobody asked', (message: Message) => encodeMessage({ ...message, requestId: 999 })],
    ['sends too long a message', () => Buffer.alloc(16, 0xff)],
    ['sends an event without a token', (message: Message) => encodeMessage({ ...message, type: XS.WATCH_EVENT })],
  ])('that %s is not talked to any more', async (_what, nonsense) => {
    const client = await broken((message, socket) => socket.write(nonsense(message)));
    await expect(client.read('/')).rejects.toMatchObject({ code: 'EPROTO' });
    await expect(client.read('/')).rejects.toMatchObject({ code: 'ENOTCONN' });
  });

  it('that gives no end of a long directory, and no part of it, is not asked for ever', async () => {
    const client = await broken(({ type, ...message }, socket) => {
      const refused = type === XS.DIRECTORY;
      const payload = encodeStrings(refused ? 'E2BIG' : '1');
      socket.write(encodeMessage({ ...message, type: refused ? XS.ERROR : type, payload }));
    });
    await expect(client.directory('/a')).rejects.toMatchObject({ code: 'EPROTO', operation: 'DIRECTORY_PART' });
    await client.close();
  });

  it('may answer in any order', async () => {
    const waiting: Message[] = [];
    const client = await broken((message, socket) => {
      waiting.push(message);
      if (waiting.length === 3) for (const one of waiting.reverse()) socket.write(encodeMessage(one));
    });
    const values = await Promise.all(['/a', '/b', '/c'].map((path) => client.read(path)));
    expect(values).toEqual(['/a\0', '/b\0', '/c\0']);
    await client.close();
  });

  it('whose error is none of the known ones is told about as it is', async () => {
    const client = await broken((message, socket) =>
      socket.write(encodeMessage({ ...message, type: XS.ERROR, payload: encodeStrings('EWHAT') })),
    );
    await expect(client.read('/')).rejects.toMatchObject({ code: 'EPROTO', message: expect.stringContaining('EWHAT') });
    await client.close();
  });
});
