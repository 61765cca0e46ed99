import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import { CONSOLE_CONNECTION, CONSOLE_IN, CONSOLE_OUT, type RingPage, ringRead, ringWrite } from '../../io/byte-ring.js';
import { wordsOf } from '../../x86/words.js';
import { GuestConsole } from './guest-console.js';

let directory: string;
let ring: RingPage;
let unmapped: number;
let notified: number;
let served: GuestConsole;
const sockets: Socket[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'consoled-'));
  const bytes = new Uint8Array(4096);
  bytes[CONSOLE_CONNECTION] = 1;
  ring = { bytes, words: wordsOf(bytes) };
  unmapped = 0;
  notified = 0;
  const mapping: ForeignMapping = {
    count: 1,
    errors: new Uint8Array(1),
    page: () => bytes,
    runs: () => [bytes],
    read: async () => [bytes],
    write: async (_from, contents) => bytes.set(contents),
    unmap: async () => {
      unmapped += 1;
    },
  };
  served = await GuestConsole.open(join(directory, 'console-1.sock'), mapping, () => {
    notified += 1;
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await served.close();
  await rm(directory, { recursive: true });
});

const say = (text: string) => {
  expect(ringWrite(ring, CONSOLE_OUT, Buffer.from(text))).toBe(text.length);
  served.service();
};

function listener(): { socket: Socket; heard: () => string } {
  const socket = createConnection(served.path);
  sockets.push(socket);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  return { socket, heard: () => text };
}

test('a served console says so in its ring, and drains it', () => {
  expect(ring.bytes[CONSOLE_CONNECTION]).toBe(0);
  say('hello');
  expect(notified).toBe(1);
  expect(ring.words[CONSOLE_OUT.consumer / 4]).toBe(5);
});

test('every listener hears what was said before it came, and all after', async () => {
  say('before\r\n');
  const [one, two] = [listener(), listener()];
  await vi.waitFor(() => expect([one.heard(), two.heard()]).toEqual(['before\r\n', 'before\r\n']));
  say('after\r\n');
  await vi.waitFor(() => expect([one.heard(), two.heard()]).toEqual(['before\r\nafter\r\n', 'before\r\nafter\r\n']));
});

test('the last 64 KiB are kept', async () => {
  for (let i = 0; i < 100; i++) say(String(i % 10).repeat(1000));
  const one = listener();
  await vi.waitFor(() => expect(one.heard().length).toBe(65536));
  expect(one.heard().endsWith('9'.repeat(1000))).toBe(true);
  expect(one.heard().startsWith('4')).toBe(true);
});

test('what is typed reaches the guest, more than its ring holds as well', async () => {
  const typed = 'x'.repeat(3000);
  listener().socket.write(typed);
  let got = '';
  await vi.waitFor(() => {
    got += Buffer.from(ringRead(ring, CONSOLE_IN, CONSOLE_IN.size)).toString();
    served.service();
    expect(got).toBe(typed);
  });
});

test('a guest that breaks its counts is not read', () => {
  Atomics.store(ring.words, CONSOLE_OUT.producer / 4, 5000);
  served.service();
  expect(ring.words[CONSOLE_OUT.consumer / 4]).toBe(0);
});

test('the end says the last words, closes the listeners, removes the socket, unmaps the ring', async () => {
  const one = listener();
  await vi.waitFor(() => expect(one.socket.readyState).toBe('open'));
  ringWrite(ring, CONSOLE_OUT, Buffer.from('last'));
  const ended = new Promise((resolve) => one.socket.once('close', resolve));
  await served.close();
  await ended;
  expect(one.heard()).toBe('last');
  expect(unmapped).toBe(1);
  await expect(stat(served.path)).rejects.toThrow('ENOENT');
});
