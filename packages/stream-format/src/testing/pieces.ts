import type { ByteSink } from '../bytes/byte-sink.js';

/** A sink that keeps each write as a piece of its own: of a stream's writer, a header or a record. */
export class PieceSink implements ByteSink {
  readonly pieces: Uint8Array<ArrayBuffer>[] = [];

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    this.pieces.push(joined(parts));
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
