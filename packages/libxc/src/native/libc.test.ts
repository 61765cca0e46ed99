import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import { libc } from './libc.js';

const { alloc } = Buffer;
afterEach(() => {
  Buffer.alloc = alloc;
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

it('what the kernel writes to at the end of a wait is not collected before', async () => {
  libc();
  let collected = 0;
  const registry = new FinalizationRegistry(() => {
    collected += 1;
  });
  Buffer.alloc = (size: number) => {
    const buffer = alloc(size);
    registry.register(buffer.buffer, undefined);
    return buffer;
  };
  // No descriptor: only the time ends it.
  let waiting = true;
  const wait = libc()
    .ready(-1, 'read')
    .then(() => {
      waiting = false;
    });
  while (waiting) {
    collectGarbage();
    await sleep(10);
    if (waiting) expect(collected).toBe(0);
  }
  await wait;
});
