import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { waitWhile } from './wait-while.js';

/** Wakes whoever waits on word 0 some times before it changes the word: what a notify that comes late does. */
const LATE = `
  const { words } = require('node:worker_threads').workerData;
  for (let woken = 0; woken < 3; ) woken += Atomics.notify(words, 0);
  Atomics.store(words, 1, 1);
  Atomics.store(words, 0, 7);
  Atomics.notify(words, 0);`;

it('a wake-up that was meant for an earlier change ends no wait', async () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(LATE, { eval: true, workerData: { words } });
  waitWhile(words, 0, 0);
  const seen = [...words];
  await worker.terminate();
  expect(seen).toEqual([7, 1]);
});
