import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { writeAll } from './carrier.js';
import { Chunks } from './chunks.js';
import { MAX_BLOCK } from './layouts.js';

/** What a socket or pipe that carries pages holds ready in each direction: less makes both ends wait for each other. */
const BUFFER = 1024 * 1024;

/** For sockets that are made here. (Node's types do not have it.) */
export const BUFFERED = { highWaterMark: BUFFER };

/** A descriptor that is a pipe or a socket; unlike process.stdin and process.stdout it never blocks. */
export function pipe(fd: number, use: 'read' | 'write'): Socket {
  const socket = new Socket({ fd, readable: use === 'read', writable: use === 'write', ...BUFFERED });
  socket.on('error', () => {});
  return socket;
}

/** Passes on what comes in blocks of at most MAX_BLOCK bytes, each in the pieces that came, and no smaller than need be. */
export async function readBlocks(
  input: Readable,
  onBlock: (block: readonly Buffer[], length: number) => Promise<void>,
): Promise<void> {
  let parts: Buffer[] = [];
  let length = 0;
  const flush = async () => {
    const block = parts;
    const size = length;
    parts = [];
    length = 0;
    if (size > 0) await onBlock(block, size);
  };
  const chunks = new Chunks(input);
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, MAX_BLOCK - length);
      rest = rest.subarray(part.length);
      parts.push(part);
      length += part.length;
      if (length === MAX_BLOCK) await flush();
    }
    if (length === 0 || !chunks.isEmpty) continue;
    // What has arrived together goes together; what waits for an answer is not held back.
    await new Promise(setImmediate);
    if (chunks.isEmpty) await flush();
  }
  await flush();
}

/** Writes to a process or a descriptor; one that no longer reads is written to in vain. */
export async function writeTo(output: Writable, parts: readonly Buffer[]): Promise<void> {
  await writeAll(output, parts).catch(() => undefined);
}
