import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { SpareThread } from './spare-thread.js';

const spare = new SpareThread();
const taken = new Set<ReturnType<SpareThread['take']>>();
const take = () => {
  const worker = spare.take();
  taken.add(worker);
  return worker;
};
afterEach(async () => {
  await spare.end();
  await Promise.all([...taken].map(endByItself));
  taken.clear();
});

/** As a thread ends that is told of no vcpu: one that comes up can't be terminated (SpareThread.end). */
function endByItself(worker: ReturnType<SpareThread['take']>): Promise<unknown> {
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage(undefined);
  return ended;
}

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

it('is not terminated while it comes up, which can take the process along', async () => {
  const terminate = vi.spyOn(Worker.prototype, 'terminate');
  for (let i = 0; i < 8; i++) {
    spare.prepare();
    await sleep(8 * i);
    await spare.end();
  }
  expect(terminate).not.toHaveBeenCalled();
});
