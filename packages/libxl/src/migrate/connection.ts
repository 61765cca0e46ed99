import type { Readable, Writable } from 'node:stream';
import { descriptorSink, descriptorSource, interruptibleSource } from '@xen-migration/libxc';
import { ByteReader, type ByteSink, type ByteSource } from '@xen-migration/stream-format';
import { streamSource } from '@xen-migration/stream-format/node';
import type { SharedConnection } from '../guardian/guardian.js';

/** Both directions between the two ends of a migration. */
export interface MigrationConnection {
  readonly source: ByteSource;
  readonly sink: ByteSink;
  /** Where the connection is made of descriptors: what a guardian shares of it. */
  readonly shared?: SharedConnection;
  /** Told where the migration is, for a connection that can be taken up again. */
  phase?(phase: MigrationPhase): void;
  /** Ends it in both directions; what reads or writes then fails. */
  close(): void;
}

/** The guest stands still; it has been given to the target. */
export type MigrationPhase = 'suspended' | 'given';

/** A connection and the reader through which all of it is read. */
export interface OpenConnection extends MigrationConnection {
  readonly reader: ByteReader;
}

export function opened(connection: MigrationConnection): OpenConnection {
  const { source, sink, shared } = connection;
  const reader = new ByteReader(source);
  const close = () => connection.close();
  return shared === undefined ? { source, sink, reader, close } : { source, sink, shared, reader, close };
}

/**
 * The standard input and output of a process: how ssh and inetd-like services hand a connection over. @param signal ends
 * what waits for the peer
 */
export function descriptorConnection(fromPeer: number, toPeer: number, signal?: AbortSignal): MigrationConnection {
  return {
    source: interruptibleSource(descriptorSource(fromPeer), fromPeer, signal),
    sink: descriptorSink(toPeer),
    shared: { fromPeer, toPeer },
    // The descriptors are the process's; they end with it.
    close() {},
  };
}

/** The two pipes to a process that carries the migration. */
export function streamConnection(fromPeer: Readable, toPeer: Writable): MigrationConnection {
  return {
    source: streamSource(fromPeer),
    sink: corkedSink(toPeer),
    shared: { fromPeer, toPeer },
    close() {
      toPeer.destroy();
      fromPeer.destroy();
    },
  };
}

/** All parts of one call go out in one writev. */
function corkedSink(stream: Writable): ByteSink {
  // Failures are told to whoever writes.
  stream.on('error', () => {});
  return {
    writev(parts) {
      const last = parts.at(-1);
      if (last === undefined) return Promise.resolve();
      return new Promise((resolve, reject) => {
        if (stream.destroyed) {
          reject(stream.errored ?? new Error('the connection is closed'));
          return;
        }
        const closed = () => reject(stream.errored ?? new Error('the connection was closed'));
        stream.once('close', closed);
        stream.cork();
        for (const part of parts.slice(0, -1)) stream.write(part, () => {});
        stream.write(last, (error) => {
          stream.off('close', closed);
          if (error) reject(error);
          else resolve();
        });
        stream.uncork();
      });
    },
  };
}
