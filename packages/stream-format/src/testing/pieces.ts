import type { ByteSink } from '../bytes/byte-sink.js';
import { concatBytes } from '../bytes/concat.js';

/** A sink that keeps each write as a piece of its own: of a stream's writer, a header or a record. */
export class PieceSink implements ByteSink {
  readonly pieces: Uint8Array<ArrayBuffer>[] = [];

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    this.pieces.push(concatBytes(parts));
  }
}
