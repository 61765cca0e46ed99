import { afterEach, expect, it } from 'vitest';
import { SpareThread } from './spare-thread.js';

const spare = new SpareThread();
const taken = new Set<ReturnType<SpareThread['take']>>();
const take = () => {
  const worker = spare.take();
  taken.add(worker);
  return worker;
};
afterEach(async () => {
  for (const worker of taken) await worker.terminate();
  await spare.end();
});

const comesUp = (worker: ReturnType<SpareThread['take']>) =>
  new Promise<void>((resolve) => worker.once('online', resolve));

it('the thread that was prepared is taken once, and then there is none but a new one', async () => {
  spare.prepare();
  spare.prepare();
  const first = take();
  await comesUp(first);
  const second = take();
  expect(second).not.toBe(first);
  expect(second.threadId).toBeGreaterThan(first.threadId);
  await comesUp(second);
});

it('one that nobody took ends with its host', async () => {
  spare.prepare();
  await spare.end();
  const other = take();
  await comesUp(other);
  spare.prepare();
  expect(take()).not.toBe(other);
});
