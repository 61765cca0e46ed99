import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { copySettled } from './settled-copy.js';

const A = 0x8000_0000_0123_4067n;
const B = 0x0000_0000_fedc_b025n;

/** Writes the two entries by turns into one slot, now and then pausing. */
const GUEST = `
  const { workerData } = require('node:worker_threads');
  const [page, stop] = [new BigUint64Array(workerData.page), new Int32Array(workerData.stop)];
  for (let i = 0; Atomics.load(stop, 0) === 0; i++) {
    for (let k = 0; k < 50; k++) Atomics.store(page, 300, k % 2 === 0 ? ${A}n : ${B}n);
    Atomics.wait(stop, 0, 0, 1);
  }`;

test('a copy of a page that is being written is the page as it was at one moment, or none', async () => {
  const page = new SharedArrayBuffer(4096);
  const stop = new SharedArrayBuffer(4);
  new BigUint64Array(page)[300] = A;
  const guest = new Worker(GUEST, { eval: true, workerData: { page, stop } });
  await new Promise((resolve) => guest.once('online', resolve));
  const copy = new Uint8Array(4096);
  const seen = new Set<bigint>();
  const end = performance.now() + 300;
  while (performance.now() < end) {
    if (copySettled(new Uint8Array(page), copy)) seen.add(new BigUint64Array(copy.buffer)[300]!);
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  Atomics.notify(new Int32Array(stop), 0);
  await guest.terminate();
  for (const entry of seen) expect([A, B]).toContain(entry);
  expect(seen.size).toBeGreaterThan(0);
});

test('a page that never stands still is given up', () => {
  const page = new Uint8Array(4096);
  let reads = 0;
  // Changes between the copy and the look at it, each time.
  const into = new (class extends Uint8Array {
    override set(from: ArrayLike<number>): void {
      super.set(from);
      page[7] = ++reads;
    }
  })(4096);
  expect(copySettled(page, into)).toBe(false);
  expect(reads).toBe(3);
});
