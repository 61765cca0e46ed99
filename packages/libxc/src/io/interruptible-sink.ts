import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteSink } from '@xen-migration/stream-format';
import { kindOfFile } from '@xen-migration/stream-format/node';

/** A sink that lets go of its signal. */
export interface InterruptibleSink extends ByteSink {
  release(): void;
}

const RETRY_MS = 1;

/**
 * A sink of a pipe or socket whose writes fail when the signal comes, although nobody reads at the other end: a write that
 * waits in a thread would be waited for by the process's own end. What was under way is lost then.
 */
export function interruptibleSink(sink: ByteSink, fd: number, signal: AbortSignal | undefined): InterruptibleSink {
  if (signal === undefined || kindOfFile(fd).isFile()) return { writev: (parts) => sink.writev(parts), release() {} };
  let writing = false;
  const wake = () => void wakeWriter(fd, () => !writing).catch(() => undefined);
  signal.addEventListener('abort', wake, { once: true });
  return {
    async writev(parts) {
      signal.throwIfAborted();
      writing = true;
      try {
        await sink.writev(parts);
      } finally {
        writing = false;
      }
      signal.throwIfAborted();
    },
    release: () => signal.removeEventListener('abort', wake),
  };
}

/** Ends the write of a thread that waits for a reader. */
async function wakeWriter(fd: number, isOver: () => boolean): Promise<void> {
  const about = kindOfFile(fd);
  if (about.isSocket()) {
    const { libc } = await import('../native/libc.js');
    libc().shutdownWrite(fd);
  } else if (about.isFIFO()) {
    await takeFromPipe(fd, isOver);
  }
}

/** Linux leads to a pipe's other end by the same name; elsewhere the write goes on until its reader takes something. */
async function takeFromPipe(fd: number, isOver: () => boolean): Promise<void> {
  const end = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  const scrap = Buffer.alloc(64 * 1024);
  try {
    while (!isOver()) {
      try {
        readSync(end, scrap);
      } catch {
        // Its thread has not filled it again yet.
      }
      await sleep(RETRY_MS);
    }
  } finally {
    closeSync(end);
  }
}
