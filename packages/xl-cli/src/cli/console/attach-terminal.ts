import type { Socket } from 'node:net';

export interface AttachOptions {
  readonly signal: AbortSignal;
  /** One character, or `^X` for control and X. Default: `^]`. */
  readonly escape?: string;
}

/** Joins this process's standard input and output to a console until either ends, or the escape is typed. */
export async function attachTerminal(socket: Socket, { signal, escape: ends = '^]' }: AttachOptions): Promise<void> {
  const { stdin, stdout } = process;
  const terminal = stdin.isTTY === true;
  const end = escapeByte(ends);
  if (terminal) stdin.setRawMode(true);
  try {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      socket.once('close', () => resolve());
      socket.on('error', () => resolve());
      stdout.on('error', () => resolve());
      socket.on('data', (chunk) => {
        stdout.write(chunk);
      });
      stdin.on('data', (chunk: Buffer) => {
        const at = terminal ? chunk.indexOf(end) : -1;
        socket.write(at < 0 ? chunk : chunk.subarray(0, at));
        if (at >= 0) resolve();
      });
      // Input from a file ends, and what the guest answers is still wanted: the session goes on until it is ended.
      stdin.on('end', () => {});
    });
  } finally {
    if (terminal) stdin.setRawMode(false);
    stdin.pause();
    socket.destroy();
  }
}

function escapeByte(written: string): number {
  const caret = /^\^(.)$/.exec(written)?.[1];
  if (caret !== undefined) return caret.toUpperCase().charCodeAt(0) & 0x1f;
  return written.charCodeAt(0);
}
