import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { XenstoreClient } from '../client/client.js';
import { type ServedHost, servedHost } from '../testing/served-host.js';
import { encodeMessage, encodeStrings, MessageAssembler, type MessageName, XS } from '../wire.js';

let clients: number;
let host: ServedHost;
let store: XenstoreClient;
const sockets: Socket[] = [];

beforeEach(async () => {
  clients = 0;
  host = await servedHost({
    clientsChanged(count) {
      clients = count;
    },
  });
  store = await host.connect();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await host.close();
});

async function raw(): Promise<Socket> {
  const socket = connect(host.socket);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

const request = (name: MessageName, ...strings: string[]) =>
  encodeMessage({ type: XS[name], requestId: 7, transactionId: 0, payload: encodeStrings(...strings) });

it('a client that dies leaves no watch and no transaction', async () => {
  const other = await host.connect();
  await other.watch('/a', () => {});
  const steps = other.transaction(async (inside) => {
    await inside.write('/a/half', '1');
    await other.close();
  });
  await expect(steps).rejects.toMatchObject({ code: 'ENOTCONN' });
  await vi.waitFor(() => expect(clients).toBe(1));
  await store.write('/a', 'x');
  expect(await store.directory('/a')).toEqual([]);
  expect(host.log).toEqual([]);
});

it('half a message and silence harm nobody', async () => {
  const socket = await raw();
  socket.write(request('READ', '/').subarray(0, 11));
  expect(await store.directory('/')).toContain('tool');
  const answer = once(socket, 'data');
  socket.write(request('READ', '/').subarray(11));
  const [bytes] = (await answer) as [Buffer];
  expect([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.length]).toEqual([XS.READ, 7, 16]);
  socket.write(request('READ', '/').subarray(0, 3));
  socket.destroy();
  expect(await store.directory('/')).toContain('tool');
});

it('too long a message ends its client, after what came before was done', async () => {
  const socket = await raw();
  const closed = once(socket, 'close');
  socket.write(Buffer.concat([request('MKDIR', '/before'), Buffer.alloc(16, 0xff), request('MKDIR', '/after')]));
  await closed;
  expect(await store.directory('/')).toEqual(['tool', 'before']);
  expect(host.log).toEqual([
    expect.stringMatching(/a client was dropped: a message with a payload of 4294967295 bytes/),
  ]);
});

it('who does not read its answers is not read from, and has them all in the end', async () => {
  const path = `/${'p'.repeat(2000)}`;
  await store.write(path, 'x'.repeat(2000));
  const socket = await raw();
  const total = 2000;
  let sent = 0;
  socket.pause();
  for (let i = 0; i < total; i++) socket.write(request('READ', path), () => sent++);
  await vi.waitFor(() => expect(sent).toBeGreaterThan(0));
  await sleep(200);
  const before = sent;
  await sleep(200);
  // 4 MB of answers wait in nobody's memory: the requests for them wait instead.
  expect(sent).toBe(before);
  expect(sent).toBeLessThan(total);
  let received = 0;
  socket.on('data', (bytes) => {
    received += bytes.length;
  });
  socket.resume();
  await vi.waitFor(() => expect(received).toBe(total * 2016), { timeout: 20_000 });
});

it('who does not read what its watches tell is cut off before that fills the memory', async () => {
  const socket = await raw();
  const closed = once(socket, 'close');
  const path = `/${'w'.repeat(3000)}`;
  socket.write(request('WATCH', path, 't'));
  await once(socket, 'readable');
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 1000 }, () => store.write(path, '')));
    if (host.log.length > 0) break;
  }
  expect(host.log).toEqual([expect.stringMatching(/does not read what its watches tell/)]);
  socket.resume();
  await closed;
  expect(await store.read(path)).toBe('');
});

it('is not told what is too long for a message', async () => {
  const socket = await raw();
  const path = `/${'p'.repeat(2000)}`;
  const types: number[] = [];
  const assembler = new MessageAssembler();
  socket.on('data', (bytes) => types.push(...[...assembler.push(bytes)].map(({ type }) => type)));
  socket.write(request('WATCH', path, 't'.repeat(2000)));
  await vi.waitFor(() => expect(types).toEqual([XS.WATCH, XS.WATCH_EVENT]));
  await store.write(`${path}/${'q'.repeat(500)}`, '');
  await store.write(path, '');
  await vi.waitFor(() => expect(types).toEqual([XS.WATCH, XS.WATCH_EVENT, XS.WATCH_EVENT]));
});

it('counts its clients', async () => {
  const [one, two] = [await host.connect(), await host.connect()];
  await vi.waitFor(() => expect(clients).toBe(3));
  await Promise.all([one.close(), two.close()]);
  await vi.waitFor(() => expect(clients).toBe(1));
});

it('a client of its own process is served like the others, and is none of those that are counted', async () => {
  const inside = await host.xenstored.connect();
  const paths: string[] = [];
  const watch = await inside.watch('/a', (path) => paths.push(path));
  await store.write('/a/b', 'x');
  expect(await inside.read('/a/b')).toBe('x');
  await vi.waitFor(() => expect(paths).toEqual(['/a', '/a/b']));
  await watch.close();
  await inside.close();
  await expect(inside.read('/')).rejects.toMatchObject({ code: 'ENOTCONN' });
  expect(clients).toBe(1);
});
