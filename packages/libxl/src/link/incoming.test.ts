import { describe, expect, it, vi } from 'vitest';
import { IncomingQueue } from './incoming.js';
import { ENCODING, FRAME_TYPE, MAX_BLOCK, WINDOW_FRAMES } from './layouts.js';
import * as zstd from './zstd.js';

const frame = (sequence: number, size: number, value: number, encoding: number = ENCODING.zstd) => ({
  type: FRAME_TYPE.data,
  channel: 0,
  encoding,
  zero: 0,
  sequence,
  size,
  value,
});

function queue() {
  let delivered = 0;
  const failures: Error[] = [];
  const incoming = new IncomingQueue(
    {
      async data(_channel, block) {
        delivered += Buffer.concat(block).length;
      },
      async end() {},
    },
    { onDelivered: () => {}, onFailure: (error) => failures.push(error) },
  );
  return { incoming, failures, delivered: () => delivered };
}

describe('frames that came before their turn', () => {
  it('are kept as they came: small ones that become large cost what they weigh until they are delivered', async () => {
    const small = await zstd.compress(Buffer.alloc(MAX_BLOCK));
    expect(small.length).toBeLessThan(1024);
    const decompress = vi.spyOn(zstd, 'decompress');
    const { incoming, delivered, failures } = queue();
    // 512 MiB of zeros, if they were decoded at once; the first one is missing.
    for (let sequence = 1; sequence < 2 * WINDOW_FRAMES; sequence++) {
      incoming.take(frame(sequence, small.length, MAX_BLOCK), [small]);
    }
    expect(decompress.mock.calls.length).toBe(15);
    expect(delivered()).toBe(0);
    incoming.take(frame(0, 1, 1, ENCODING.raw), [Buffer.from('x')]);
    await vi.waitFor(() => expect(incoming.expected).toBe(2 * WINDOW_FRAMES), { timeout: 30_000 });
    expect(delivered()).toBe(1 + (2 * WINDOW_FRAMES - 1) * MAX_BLOCK);
    expect(failures).toEqual([]);
    decompress.mockRestore();
  });

  it('are refused beyond the window, in number and in bytes', () => {
    const { incoming } = queue();
    expect(() => incoming.take(frame(2 * WINDOW_FRAMES, 1, 1), [Buffer.alloc(1)])).toThrow('beyond the window');
    const most = Buffer.alloc(2 * MAX_BLOCK);
    const fill = () => {
      for (let i = 1; i < 100; i++) incoming.take(frame(i, most.length, MAX_BLOCK), [most]);
    };
    expect(fill).toThrow('frame 65 lies beyond the window');
  });
});
