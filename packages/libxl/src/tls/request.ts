import type { Duplex } from 'node:stream';

/** The first line that a client sends: the arguments of the xl that it wants to talk to, as a JSON array. */
const REQUEST_MAX = 4096;
const NEWLINE = 0x0a;

export function encodeRequest(args: readonly string[]): string {
  return `${JSON.stringify(args)}\n`;
}

/** Reads the request and nothing behind it. @returns undefined where none comes in time */
export function readRequest(socket: Duplex, timeoutMs: number): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    let read = Buffer.alloc(0);
    const finish = (args: string[] | undefined) => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.pause();
      resolve(args);
    };
    const onClose = () => finish(undefined);
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf(NEWLINE);
      if (end < 0 && read.length <= REQUEST_MAX) return;
      finish(end < 0 || end > REQUEST_MAX ? undefined : decodeRequest(read.toString('utf8', 0, end)));
      if (end >= 0 && end + 1 < read.length) socket.unshift(read.subarray(end + 1));
    };
    const timer = setTimeout(onClose, timeoutMs);
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

function decodeRequest(line: string): string[] | undefined {
  try {
    const args: unknown = JSON.parse(line);
    return Array.isArray(args) && args.every((arg) => typeof arg === 'string') ? args : undefined;
  } catch {
    return undefined;
  }
}
