import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { ByteSource } from '@xen-migration/stream-format';
import { kindOfFile } from '@xen-migration/stream-format/node';

/**
 * A source of a pipe or socket whose reads end when the signal comes: as if the input ended there. A read that waits in a
 * thread would be waited for by the process's own end, for as long as the other end says nothing.
 */
export function interruptibleSource(source: ByteSource, fd: number, signal: AbortSignal | undefined): ByteSource {
  if (signal === undefined || kindOfFile(fd).isFile()) return source;
  const wake = () => void wakeReader(fd);
  if (signal.aborted) wake();
  signal.addEventListener('abort', wake, { once: true });
  const ending =
    <T>(read: (into: T) => Promise<number>) =>
    async (into: T) => {
      const got = signal.aborted ? 0 : await read(into);
      return signal.aborted ? 0 : got;
    };
  const { readv, readWhole } = source;
  return {
    read: ending((into: Uint8Array) => source.read(into)),
    ...(readv === undefined ? {} : { readv: ending((targets: Uint8Array[]) => readv.call(source, targets)) }),
    ...(readWhole === undefined ? {} : { readWhole: ending((into: Uint8Array) => readWhole.call(source, into)) }),
    async close() {
      signal.removeEventListener('abort', wake);
      await source.close?.();
    },
  };
}

/** Ends the read of a thread that waits for input. What comes later on this descriptor is lost. */
async function wakeReader(fd: number): Promise<void> {
  const about = kindOfFile(fd);
  if (about.isSocket()) {
    const { libc } = await import('../native/libc.js');
    libc().shutdownRead(fd);
  } else if (about.isFIFO()) {
    writeIntoPipe(fd);
  }
}

/** Linux leads to a pipe's other end by the same name; elsewhere the read goes on until its writer says something. */
function writeIntoPipe(fd: number): void {
  try {
    const end = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(end, Buffer.alloc(1));
    closeSync(end);
  } catch {
    // No such way here, or there is input enough: the read ends by itself.
  }
}
