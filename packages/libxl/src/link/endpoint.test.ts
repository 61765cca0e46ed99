import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Carrier, encodeGone, encodeHello, encodePing } from './carrier.js';
import { LinkEndpoint, type LinkOptions } from './endpoint.js';
import { FRAME, HELLO, MAX_BLOCK, WINDOW_BYTES } from './layouts.js';
import { Pace } from './pace.js';

const ID = Buffer.alloc(16, 7);

/** An end whose deliveries are kept. */
function end(options: Partial<LinkOptions> = {}) {
  const received: Buffer[] = [];
  const status: number[] = [];
  const endpoint = new LinkEndpoint({
    id: ID,
    compress: false,
    delivery: {
      async data(_channel, block) {
        received.push(Buffer.concat(block));
      },
      async end(code) {
        status.push(code);
      },
    },
    ...options,
  });
  return { endpoint, received, status, bytes: () => Buffer.concat(received) };
}

/** Two ends of a connection; what is cut loses what was under way. */
function connection(): { a: Carrier; b: Carrier; cut: () => void } {
  const there = new PassThrough();
  const back = new PassThrough();
  for (const stream of [there, back]) stream.on('error', () => {});
  const cut = () => {
    there.destroy();
    back.destroy();
  };
  return { a: { input: back, output: there, destroy: cut }, b: { input: there, output: back, destroy: cut }, cut };
}

function blocksOf(sizes: readonly number[]): Buffer[] {
  return sizes.map((size, i) => Buffer.alloc(size, `${i} `));
}

describe('a link', () => {
  it('carries a stream each way and ends with a status', async () => {
    const one = end();
    const two = end();
    const { a, b } = connection();
    void one.endpoint.attach(a);
    void two.endpoint.attach(b);
    for (const block of blocksOf([10, 1000, MAX_BLOCK])) await one.endpoint.outgoing.data(0, [block]);
    await two.endpoint.outgoing.data(1, [Buffer.from('text')]);
    await one.endpoint.end(0);
    await two.endpoint.end(3);
    await Promise.all([one.endpoint.finished, two.endpoint.finished]);
    expect(two.bytes().equals(Buffer.concat(blocksOf([10, 1000, MAX_BLOCK])))).toBe(true);
    expect(one.bytes().toString()).toBe('text');
    expect([one.status, two.status]).toEqual([[3], [0]]);
  });

  it('loses nothing, doubles nothing and keeps the order, whatever breaks and however often', async () => {
    const cuts = fc.array(fc.record({ afterMs: fc.nat(4), which: fc.nat(3) }), { maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        cuts,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (lengths, planned, n, compress) => {
          const one = end({ compress });
          const two = end({ compress });
          const live: (() => void)[] = [];
          let over = false;
          const keep = async (slot: number) => {
            while (!over) {
              const { a, b, cut } = connection();
              live[slot] = cut;
              await Promise.all([one.endpoint.attach(a), two.endpoint.attach(b)]);
            }
          };
          const slots = Array.from({ length: n }, (_, slot) => keep(slot));
          const blocks = blocksOf(lengths);
          const sending = (async () => {
            for (const block of blocks) {
              await one.endpoint.outgoing.data(0, [block]);
              await two.endpoint.outgoing.data(0, [block]);
            }
            await one.endpoint.end(0);
            await two.endpoint.end(0);
          })();
          for (const { afterMs, which } of planned) {
            await sleep(afterMs);
            live[which % n]?.();
          }
          await sending;
          await Promise.all([one.endpoint.finished, two.endpoint.finished]);
          over = true;
          for (const cut of live) cut();
          await Promise.all(slots);
          const whole = Buffer.concat(blocks);
          expect(one.bytes().equals(whole)).toBe(true);
          expect(two.bytes().equals(whole)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has no frame taken by a connection that ends while another one is being written', async () => {
    const one = end();
    const two = end();
    // A pipe whose last write is done only once the connection has ended.
    const input = new PassThrough();
    const held: (() => void)[] = [];
    const output = new Writable({
      emitClose: false,
      write(chunk: Buffer, _encoding, done) {
        if (chunk.length === 1000) held.push(done);
        else done();
      },
    });
    const first = one.endpoint.attach({ input, output, destroy: () => void input.destroy() });
    input.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    for (let i = 0; i < 10; i++) await one.endpoint.outgoing.data(0, [Buffer.alloc(1000, i)]);
    while (held.length === 0) await sleep(1);
    input.destroy();
    await first;
    for (const done of held) done();
    await sleep(5);
    const { a, b } = connection();
    void one.endpoint.attach(a);
    void two.endpoint.attach(b);
    await one.endpoint.end(0);
    await two.endpoint.end(0);
    await Promise.all([one.endpoint.finished, two.endpoint.finished]);
    expect(two.bytes()).toHaveLength(10_000);
  });

  it('sends no more than the window while nothing is acknowledged', async () => {
    const one = end();
    let sent = 0;
    void (async () => {
      for (;;) {
        await one.endpoint.outgoing.data(0, [Buffer.alloc(MAX_BLOCK)]);
        sent += MAX_BLOCK;
      }
    })().catch(() => undefined);
    await sleep(20);
    expect(sent).toBe(WINDOW_BYTES);
    one.endpoint.fail(new Error('over'));
  });

  it('compresses where the other end understands it', async () => {
    const one = end({ compress: true });
    const two = end();
    const { a, b } = connection();
    void one.endpoint.attach(a);
    void two.endpoint.attach(b);
    await sleep(5);
    await one.endpoint.outgoing.data(0, [Buffer.alloc(MAX_BLOCK)]);
    await one.endpoint.end(0);
    await two.endpoint.end(0);
    await Promise.all([one.endpoint.finished, two.endpoint.finished]);
    expect(two.bytes().equals(Buffer.alloc(MAX_BLOCK))).toBe(true);
    expect(one.endpoint.outgoing.totals.wireBytes).toBeLessThan(1000);
  });

  it('gives up a connection from which nothing is heard', async () => {
    const one = end({ silenceMs: () => 40 });
    const { a, b } = connection();
    b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    expect((await one.endpoint.attach(a)).message).toBe('no sign of life for 0.04 s on connection 1, after 32 bytes');
  });

  it('waits longer for the first sign of life of each connection, whose programs have to start', async () => {
    const one = end({ silenceMs: () => 40, firstSilenceMs: () => 400 });
    const silent = await one.endpoint.attach(connection().a);
    expect(silent.message).toBe('no sign of life for 0.4 s on connection 1, after 0 bytes');
    const { a, b } = connection();
    setTimeout(() => b.output.write(encodeHello({ link: ID, expected: 0, zstd: false })), 100);
    expect((await one.endpoint.attach(a)).message).toContain('no sign of life for 0.04 s on connection 2');
    const third = await one.endpoint.attach(connection().a);
    expect(third.message).toBe('no sign of life for 0.4 s on connection 3, after 0 bytes');
  });

  it('takes any byte for a sign of life: over a slow connection a frame takes long', async () => {
    const one = end({ silenceMs: () => 100 });
    const { a, b } = connection();
    b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    let over = false;
    const attached = one.endpoint.attach(a).then((why) => {
      over = true;
      return why;
    });
    b.output.write(frame({ size: 1000, value: 1000 }));
    for (let i = 0; i < 20; i++) {
      b.output.write(Buffer.alloc(10));
      await sleep(15);
    }
    expect(over).toBe(false);
    expect((await attached).message).toBe(
      `no sign of life for 0.1 s on connection 1, after ${HELLO.size + FRAME.size + 200} bytes`,
    );
  });

  it('does not take its own standstill for the silence of the other end', async () => {
    const one = end({ silenceMs: () => 80 });
    const { a, b } = connection();
    b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    let over = false;
    const attached = one.endpoint.attach(a).then(() => {
      over = true;
    });
    await sleep(30);
    // Whoever gets no processor reads nothing meanwhile, whatever has come.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    b.output.write(encodePing(0));
    await sleep(30);
    expect(over).toBe(false);
    await attached;
  });

  it('gives signs of life however slowly it may send', async () => {
    const waits: (() => void)[] = [];
    const pace = new Pace(
      1,
      () => 0,
      () => new Promise<void>((resolve) => waits.push(resolve)),
    );
    const one = end({ pace, silenceMs: () => 400 });
    const { a, b } = connection();
    let heard = 0;
    b.input.on('data', (chunk: Buffer) => {
      heard += chunk.length;
    });
    b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    void one.endpoint.attach(a);
    await one.endpoint.outgoing.data(0, [Buffer.alloc(10)]);
    await one.endpoint.outgoing.data(0, [Buffer.alloc(10)]);
    while (waits.length === 0) await sleep(1);
    const before = heard;
    await sleep(250);
    expect(heard).toBeGreaterThan(before);
    one.endpoint.fail(new Error('over'));
    for (const done of waits) done();
  });

  it('gives no frame to a connection whose other end was not heard of yet', async () => {
    const one = end({ silenceMs: () => 400 });
    const { a, b } = connection();
    let heard = 0;
    b.input.on('data', (chunk: Buffer) => {
      heard += chunk.length;
    });
    void one.endpoint.attach(a);
    await one.endpoint.outgoing.data(0, [Buffer.alloc(1000)]);
    await sleep(250);
    // The greeting and signs of life alone.
    expect(heard).toBeLessThan(1000);
    b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    while (heard < 1000) await sleep(1);
    one.endpoint.fail(new Error('over'));
  });

  it('sends again what a silent connection carries as soon as another one is there', async () => {
    const one = end({ silenceMs: () => 5_000, doubtMs: 60 });
    const two = end();
    const silent = connection();
    silent.b.output.write(encodeHello({ link: ID, expected: 0, zstd: false }));
    void one.endpoint.attach(silent.a);
    await one.endpoint.outgoing.data(0, [Buffer.from('lost')]);
    await sleep(100);
    const { a, b } = connection();
    void one.endpoint.attach(a);
    void two.endpoint.attach(b);
    await one.endpoint.outgoing.data(0, [Buffer.from(' and found')]);
    while (two.received.length < 2) await sleep(1);
    expect(two.bytes().toString()).toBe('lost and found');
    expect(one.endpoint.connections).toBe(2);
    one.endpoint.fail(new Error('over'));
    two.endpoint.fail(new Error('over'));
  });

  it('sends empty frames where nobody wants what is left, and ends', async () => {
    const one = end();
    const two = end();
    for (let i = 0; i < 20; i++) await one.endpoint.outgoing.data(0, [Buffer.alloc(MAX_BLOCK)]);
    one.endpoint.outgoing.abandon();
    await one.endpoint.outgoing.data(0, [Buffer.alloc(MAX_BLOCK)]);
    await one.endpoint.end(0);
    const { a, b } = connection();
    void one.endpoint.attach(a);
    void two.endpoint.attach(b);
    await two.endpoint.end(1);
    await Promise.all([one.endpoint.finished, two.endpoint.finished]);
    expect(two.bytes()).toHaveLength(0);
    expect([one.status, two.status]).toEqual([[1], [0]]);
    expect(one.endpoint.progress).toBe('22 frames sent, 22 of them acknowledged; 1 received');
  });

  const hello = encodeHello({ link: ID, expected: 0, zstd: true });
  const frame = (fields: Partial<Parameters<typeof FRAME.write>[0]>) =>
    Buffer.from(FRAME.write({ type: 1, channel: 0, encoding: 0, sequence: 0, size: 0, value: 0, ...fields }, true));

  it.each([
    ['another link', [encodeHello({ link: Buffer.alloc(16), expected: 0, zstd: true })], 'belongs to another link'],
    ['no link at all', [Buffer.alloc(HELLO.size, 'x')], 'does not speak the protocol'],
    ['an end within the greeting', [hello.subarray(0, 20)], 'input ends'],
    ['an acknowledgement of what was not sent', [encodeHello({ link: ID, expected: 9, zstd: true })], 'was not sent'],
    ['an unknown type', [hello, frame({ type: 9 })], 'type is 0x9'],
    ['an unknown channel', [hello, frame({ channel: 2 })], 'channel is 0x2'],
    ['a long payload', [hello, frame({ size: 0xffff_ffff })], '4294967295 bytes of payload'],
    ['a large block', [hello, frame({ size: 10, value: 0x7fff_ffff, encoding: 1 })], 'a block of 2147483647 bytes'],
    ['a payload of another size', [hello, frame({ size: 10, value: 11 })], 'a block of 11 bytes in 10'],
    ['a payload where none belongs', [hello, frame({ type: 3, size: 1 })], '1 bytes of payload'],
    ['a sign of life with a payload', [hello, frame({ type: 4, size: 1 })], '1 bytes of payload'],
    ['a frame beyond the window', [hello, frame({ sequence: 1_000_000 })], 'beyond the window'],
    ['a payload that is cut', [hello, frame({ size: 10, value: 10 }), Buffer.alloc(5)], 'input ends'],
  ])('refuses a connection that sends %s', async (_what, parts, message) => {
    const one = end();
    const { a, b } = connection();
    for (const part of parts) b.output.write(part);
    b.output.end();
    expect((await one.endpoint.attach(a)).message).toContain(message);
    expect(a.output.destroyed).toBe(true);
  });

  it('fails at once where its agent at the other end is gone', async () => {
    const one = end();
    const { a, b } = connection();
    b.output.write(encodeGone(ID));
    expect((await one.endpoint.attach(a)).message).toBe('its agent at the other end is gone');
    await expect(one.endpoint.finished).rejects.toThrow('its agent at the other end is gone');
  });

  it('fails where a block is no zstd frame: what it should have been is lost', async () => {
    const one = end();
    const { a, b } = connection();
    b.output.write(Buffer.concat([hello, frame({ size: 10, value: 100, encoding: 1 }), Buffer.alloc(10)]));
    void one.endpoint.attach(a);
    await expect(one.endpoint.finished).rejects.toThrow('no zstd frame');
  });
});
