import { PassThrough } from 'node:stream';
import type { MigrationConnection } from '@xen-migration/libxl';
import { streamSink, streamSource } from '@xen-migration/stream-format/node';

/** Both ends of a migration in one process. cut() ends it as a network that goes away does. */
export interface ConnectionPair {
  readonly sender: MigrationConnection;
  readonly receiver: MigrationConnection;
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
    sender: { source: streamSource(back), sink: streamSink(there), close: cut },
    receiver: { source: streamSource(there), sink: streamSink(back), close: cut },
    cut,
  };
}
