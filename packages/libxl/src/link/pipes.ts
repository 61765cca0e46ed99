import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { writeAll } from './carrier.js';
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

/** Passes on what comes in blocks of at most MAX_BLOCK bytes, and no smaller than need be. */
export async function readBlocks(input: Readable, onBlock: (block: Buffer) => Promise<void>): Promise<void> {
  let parts: Buffer[] = [];
  let length = 0;
  const flush = async () => {
    const block = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length);
    parts = [];
    length = 0;
    for (let at = 0; at < block.length; at += MAX_BLOCK) await onBlock(block.subarray(at, at + MAX_BLOCK));
  };
  for await (const chunk of input) {
    parts.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    // What has arrived together goes together; what waits for an answer is not held back.
    if (length < MAX_BLOCK) await new Promise(setImmediate);
    if (length >= MAX_BLOCK || input.readableLength === 0) await flush();
  }
  if (length > 0) await flush();
}

/** Writes to a process or a descriptor; one that no longer reads is written to in vain. */
export async function writeTo(output: Writable, block: Buffer): Promise<void> {
  await writeAll(output, [block]).catch(() => undefined);
}
