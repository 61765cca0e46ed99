import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { streamConnection } from './connection.js';

describe('a connection of streams', () => {
  it('writes all parts of a call, in order, and waits until they are gone', async () => {
    const taken: string[] = [];
    const slow = new Writable({
      highWaterMark: 4,
      write(chunk, _encoding, done) {
        taken.push(String(chunk));
        setTimeout(done, 1);
      },
    });
    const { sink } = streamConnection(new PassThrough(), slow);
    await sink.writev(['one', 'two', 'three'].map((text) => Buffer.from(text)));
    expect(taken.join('')).toBe('onetwothree');
    await sink.writev([]);
  });

  it('tells a writer that the other end is gone', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const { sink } = streamConnection(new PassThrough(), broken);
    await expect(sink.writev([Buffer.from('x')])).rejects.toThrow('EPIPE');
    await expect(sink.writev([Buffer.from('x')])).rejects.toThrow();
  });

  it('wakes a writer that waits when it is closed', async () => {
    const stuck = new Writable({ write() {} });
    const connection = streamConnection(new PassThrough(), stuck);
    const writing = connection.sink.writev([Buffer.from('x')]);
    connection.close();
    await expect(writing).rejects.toThrow('closed');
  });
});
