import { closeSync, openSync, writeSync } from 'node:fs';
import { ByteReader } from '@xen-migration/stream-format';
import koffi from 'koffi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { descriptorSource } from './descriptor-source.js';

const library = koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
const socketpair = library.func('int socketpair(int domain, int type, int protocol, _Out_ int *fds)');
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

test('what is no socket is read as ever', () => {
  closeSync(there);
  const fd = openSync(new URL(import.meta.url), 'r');
  try {
    expect(descriptorSource(fd).readWhole).toBeUndefined();
  } finally {
    closeSync(fd);
  }
});
