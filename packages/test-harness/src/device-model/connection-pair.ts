import { PassThrough } from 'node:stream';
import type { MigrationConnection } from '@xen-migration/libxl';
import type { ByteSink } from '@xen-migration/stream-format';
import { streamSink, streamSource } from '@xen-migration/stream-format/node';

/** Both ends of a migration in one process. cut() ends it as a network that goes away does. */
export interface ConnectionPair {
  readonly sender: MigrationConnection;
  readonly receiver: MigrationConnection;
  /** The receiver's process has ended: what it said is still heard. */
  receiverGone(): void;
  cut(): void;
}

export function connectionPair(): ConnectionPair {
  const there = new PassThrough();
  const back = new PassThrough();
  const cut = () => {
    for (const stream of [there, back]) stream.destroy(new Error('the network is gone'));
  };
  // Whoever reads or writes hears of it.
  for (const stream of [there, back]) stream.on('error', () => {});
  return {
    sender: { source: streamSource(back), sink: pipe(there), close: cut },
    receiver: { source: streamSource(there), sink: pipe(back), close: cut },
    cut,
    receiverGone() {
      back.end();
      there.destroy();
    },
  };
}

/** As a descriptor does, it copies what it takes, and says so when nobody can have got any of it. */
function pipe(stream: PassThrough): ByteSink {
  const sink = streamSink(stream);
  return {
    async writev(parts) {
      if (stream.destroyed) throw Object.assign(new Error('EPIPE: broken pipe, writev'), { code: 'EPIPE' });
      await sink.writev(parts.map((part) => Uint8Array.from(part)));
    },
  };
}
