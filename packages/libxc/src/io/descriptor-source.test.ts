import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteReader } from '@xen-migration/stream-format';
import koffi from 'koffi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { descriptorSink } from './descriptor-sink.js';
import { descriptorSource } from './descriptor-source.js';

const library = koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
const socketpair = library.func('int socketpair(int domain, int type, int protocol, _Out_ int *fds)');
const fcntl = library.func('int fcntl(int fd, int command, int value)');
const F_SETFL = 4;
const O_NONBLOCK = process.platform === 'darwin' ? 4 : 0o4000;
const AF_UNIX = 1;
const SOCK_STREAM = 1;

let here: number;
let there: number;
beforeEach(() => {
  const fds = [0, 0];
  expect(socketpair(AF_UNIX, SOCK_STREAM, 0, fds)).toBe(0);
  [here, there] = fds as [number, number];
});
afterEach(() => closeSync(here));

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251);

/** In pieces, between which a reader has its turns. */
async function send(pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    writeSync(there, piece);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('what is asked for whole comes whole, wherever the pieces that are sent end', async () => {
  const reader = new ByteReader(descriptorSource(here));
  const body = new Uint8Array(bytes.length - 10);
  const reading = (async () => {
    const head = Uint8Array.from(await reader.read(10));
    await reader.readInto([body.subarray(0, 50_001), body.subarray(50_001)]);
    return head;
  })();
  await send([bytes.subarray(0, 3), bytes.subarray(3, 20), bytes.subarray(20, 60_000), bytes.subarray(60_000)]);
  expect(await reading).toEqual(bytes.subarray(0, 10));
  expect(body).toEqual(bytes.subarray(10));
  closeSync(there);
  expect(await reader.atEnd()).toBe(true);
});

test('a sender that goes away in the middle is told with the offset', async () => {
  const reader = new ByteReader(descriptorSource(here));
  const reading = reader.readInto([new Uint8Array(bytes.length)]);
  await send([bytes.subarray(0, 70_000)]);
  closeSync(there);
  await expect(reading).rejects.toMatchObject({ code: 'TRUNCATED', offset: 70_000 });
});

test('a socket that does not wait is waited for in the kernel: at once when something comes, and else in no hurry', async () => {
  expect(fcntl(here, F_SETFL, O_NONBLOCK)).toBe(0);
  const reader = new ByteReader(descriptorSource(here));
  const before = process.cpuUsage();
  const reading = reader.read(5);
  await new Promise((resolve) => setTimeout(resolve, 600));
  writeSync(there, 'hello');
  expect(Buffer.from(await reading).toString()).toBe('hello');
  const { user, system } = process.cpuUsage(before);
  // Microseconds; every two milliseconds it would be a multiple.
  expect(user + system).toBeLessThan(150_000);
  closeSync(there);
  expect(await reader.atEnd()).toBe(true);
});

test('the kind of a socket is found out without Node forgetting to follow symbolic links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kind-'));
  try {
    mkdirSync(join(folder, 'real/inner'), { recursive: true });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    // As the loader of modules asks: with a memory of what it has seen.
    for (const name of ['y.js', 'z.js']) writeFileSync(join(folder, 'real/inner', name), '');
    const { resolve } = createRequire(join(folder, 'x.js'));
    resolve(join(folder, 'link/inner/z.js'));
    expect(descriptorSource(here).readWhole).toBeDefined();
    expect(resolve(join(folder, 'link/inner/y.js'))).toBe(realpathSync(join(folder, 'real/inner/y.js')));
  } finally {
    rmSync(folder, { recursive: true });
  }
  closeSync(there);
});

test('a socket that takes no more is written to when it does', async () => {
  expect(fcntl(there, F_SETFL, O_NONBLOCK)).toBe(0);
  const body = new Uint8Array(2_000_000).fill(7);
  const writing = descriptorSink(there).writev([body]);
  const got = new Uint8Array(body.length);
  await new ByteReader(descriptorSource(here)).readInto([got]);
  await writing;
  expect(Buffer.compare(got, body)).toBe(0);
  closeSync(there);
});

test('what is no socket is read as ever', () => {
  closeSync(there);
  const fd = openSync(new URL(import.meta.url), 'r');
  try {
    expect(descriptorSource(fd).readWhole).toBeUndefined();
  } finally {
    closeSync(fd);
  }
});
