import type { Readable } from 'node:stream';
import { Chunks } from './chunks.js';

/** Pieces of a payload that are smaller than this on average are put together: each costs some 200 bytes beside its own. */
const SMALL = 4096;
const FEW = 16;

/**
 * Reads a stream in the pieces that it comes in: what is asked for is a list of them, and nothing is copied but what is
 * tiny.
 */
export class ChunkReader {
  private readonly chunks: Chunks;
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0;

  constructor(input: Readable) {
    this.chunks = new Chunks(input);
  }

  async atEnd(): Promise<boolean> {
    return this.rest.length === 0 && !(await this.next());
  }

  /** The next bytes in one piece. @throws Error where the input ends before */
  async read(length: number): Promise<Buffer> {
    const parts = await this.readParts(length);
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length);
  }

  /** The next bytes in as many pieces as they came in. @throws Error where the input ends before */
  async readParts(length: number): Promise<Buffer[]> {
    let parts: Buffer[] = [];
    let have = 0;
    while (have < length) {
      if (this.rest.length === 0 && !(await this.next())) {
        throw new Error(`the input ends at ${this.offset}, ${length - have} bytes before it should`);
      }
      const part = this.rest.subarray(0, length - have);
      this.rest = this.rest.subarray(part.length);
      have += part.length;
      parts.push(part);
      if (parts.length > FEW && have < SMALL * parts.length) parts = [Buffer.concat(parts, have)];
    }
    this.offset += length;
    return parts;
  }

  private async next(): Promise<boolean> {
    const chunk = await this.chunks.next();
    if (chunk === undefined) return false;
    this.rest = chunk;
    return true;
  }
}
