import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ByteSink } from '../bytes/byte-sink.js';
import { type ByteSource, byteSource } from '../bytes/byte-source.js';

/** A Node stream of bytes. */
export function streamSource(stream: Readable): ByteSource {
  return byteSource(stream as AsyncIterable<Uint8Array>);
}

/** A Node stream. Each write is awaited, so that the memory may change afterwards. */
export function streamSink(stream: Writable): ByteSink {
  return {
    async writev(parts) {
      for (const part of parts) await writePart(stream, part);
    },
  };
}

async function writePart(stream: Writable, part: Uint8Array): Promise<void> {
  if (stream.destroyed) throw new Error('the stream to write to is closed', { cause: stream.errored });
  const done = new AbortController();
  try {
    await Promise.race([
      new Promise<void>((resolve, reject) => {
        stream.write(part, (error) => (error ? reject(error) : resolve()));
      }),
      once(stream, 'close', { signal: done.signal }).then(() => {
        throw new Error('the stream was closed while being written', { cause: stream.errored });
      }),
    ]);
  } finally {
    done.abort();
  }
}
