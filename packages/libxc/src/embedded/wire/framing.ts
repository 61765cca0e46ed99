import { WireError } from './codec.js';

/** Before each message: its length, u32 little-endian, itself not counted. */
const PREFIX = 4;
/** A list of 4 million frames, the largest thing that is asked for, has 32 MiB. */
export const MAX_MESSAGE = 64 * 2 ** 20;

/** Puts a length before a message. */
export function prefixed(message: Uint8Array): [Buffer, Uint8Array] {
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix.writeUInt32LE(message.length);
  return [prefix, message];
}

/** Takes messages out of a stream of bytes that comes in any pieces. */
export class MessageSplitter {
  private parts: Buffer[] = [];
  private length = 0;

  /** @returns the messages that are complete now. @throws WireError when one is too long */
  push(chunk: Buffer): Buffer[] {
    this.parts.push(chunk);
    this.length += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.length < PREFIX) return messages;
      const wanted = this.peekLength();
      if (wanted > MAX_MESSAGE) throw new WireError(`a message of ${wanted} bytes (at most ${MAX_MESSAGE})`);
      if (this.length < PREFIX + wanted) return messages;
      const all = this.joined();
      messages.push(all.subarray(PREFIX, PREFIX + wanted));
      const rest = all.subarray(PREFIX + wanted);
      this.parts = rest.length > 0 ? [rest] : [];
      this.length = rest.length;
    }
  }

  private peekLength(): number {
    const first = this.parts[0]!;
    return first.length >= PREFIX ? first.readUInt32LE() : this.joined().readUInt32LE();
  }

  private joined(): Buffer {
    if (this.parts.length > 1) this.parts = [Buffer.concat(this.parts)];
    return this.parts[0]!;
  }
}
