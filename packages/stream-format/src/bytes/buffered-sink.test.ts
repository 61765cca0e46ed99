import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BufferedSink } from './buffered-sink.js';
import { MemorySink } from './byte-sink.js';

it('passes on every byte in its order, and what is small in larger pieces', async () => {
  const part = fc.oneof(fc.nat(100), fc.nat(300_000));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(part, { maxLength: 5 }), { maxLength: 20 }), async (writes) => {
      const [plain, through] = [new MemorySink(), new MemorySink()];
      const buffered = new BufferedSink(through);
      let n = 0;
      for (const sizes of writes) {
        const parts = sizes.map((size) => new Uint8Array(size).fill(n++));
        await plain.writev(parts);
        await buffered.writev(parts);
      }
      await buffered.flush();
      expect(Buffer.compare(through.bytes(), plain.bytes())).toBe(0);
    }),
    { numRuns: 50 },
  );
  let calls = 0;
  const counting = new BufferedSink({
    writev: async () => {
      calls++;
    },
  });
  for (let i = 0; i < 1000; i++) await counting.writev([new Uint8Array(8), new Uint8Array(4096)]);
  await counting.flush();
  expect(calls).toBeLessThan(30);
});
