import type { Readable, Writable } from 'node:stream';
import { ChunkReader } from './chunk-reader.js';
import {
  ENCODING,
  FRAME,
  FRAME_TYPE,
  type Frame,
  GONE_MAGIC,
  HELLO,
  LINK_MAGIC,
  MAX_BLOCK,
  MAX_PAYLOAD,
} from './layouts.js';

/** One connection between the two agents: a process's pipes, or a socket. */
export interface Carrier {
  readonly input: Readable;
  readonly output: Writable;
  /** Ends both directions at once. */
  destroy(): void;
}

export interface Hello {
  readonly link: Buffer;
  readonly expected: number;
  readonly zstd: boolean;
}

/** The agent at the other end has ended: nothing can be taken up again. */
export class LinkGoneError extends Error {}

/** The HELLO that the other end begins with. @throws LinkGoneError; RangeError where it is none; Error where nothing comes */
export async function readHello(reader: ChunkReader): Promise<Hello> {
  const bytes = await reader.read(HELLO.size);
  const { magic, link, expected, encodings } = HELLO.read(bytes, true);
  if (Buffer.from(magic).equals(GONE_MAGIC)) throw new LinkGoneError('its agent at the other end is gone');
  if (!Buffer.from(magic).equals(LINK_MAGIC))
    throw new RangeError('the other end does not speak the protocol of links');
  return { link: Buffer.from(link), expected, zstd: (encodings & 1) !== 0 };
}

export function encodeHello({ link, expected, zstd }: Hello): Buffer {
  return Buffer.from(HELLO.write({ magic: LINK_MAGIC, link, expected, encodings: zstd ? 1 : 0 }, true));
}

export function encodeGone(link: Buffer): Buffer {
  return Buffer.from(HELLO.write({ magic: GONE_MAGIC, link, expected: 0, encodings: 0 }, true));
}

export function encodeAcknowledge(expected: number): Buffer {
  return encodeHeader({ type: FRAME_TYPE.acknowledge, sequence: expected });
}

export function encodePing(patienceMs: number): Buffer {
  return encodeHeader({ type: FRAME_TYPE.ping, value: Math.ceil(patienceMs / 1000) });
}

/** A frame's header; what is not given is 0. */
export function encodeHeader(fields: Partial<Frame>): Buffer {
  return Buffer.from(
    FRAME.write({ type: 0, channel: 0, encoding: 0, sequence: 0, size: 0, value: 0, ...fields }, true),
  );
}

/** How many bytes of payload follow a frame's header. @throws RangeError where the header breaks the protocol */
export function payloadSize(header: Uint8Array): number {
  const [violation] = FRAME.check(header, true);
  if (violation !== undefined) throw new RangeError(violation.message);
  const { type, encoding, size, value } = FRAME.read(header, true);
  const isData = type === FRAME_TYPE.data;
  if (size > (isData ? MAX_PAYLOAD : 0)) throw new RangeError(`a frame with ${size} bytes of payload`);
  if (isData && value > MAX_BLOCK) throw new RangeError(`a block of ${value} bytes`);
  if (isData && encoding === ENCODING.raw && size !== value) {
    throw new RangeError(`a block of ${value} bytes in ${size}`);
  }
  return size;
}

/** Reads frames until the connection ends; what onFrame promises is waited for. @throws Error where it breaks off */
export async function readFrames(
  reader: ChunkReader,
  onFrame: (frame: Frame, payload: readonly Buffer[]) => Promise<void> | undefined,
): Promise<void> {
  while (!(await reader.atEnd())) {
    const header = await reader.read(FRAME.size);
    const size = payloadSize(header);
    const frame = FRAME.read(header, true);
    const done = onFrame(frame, size === 0 ? [] : await reader.readParts(size));
    if (done !== undefined) await done;
  }
}

export function readerOf({ input }: Carrier): ChunkReader {
  return new ChunkReader(input);
}

/** Resolves once the bytes are handed over. @throws Error where the connection is closed */
export function writeAll(output: Writable, parts: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    if (output.destroyed || output.writableEnded) {
      reject(output.errored ?? new Error('the connection is closed'));
      return;
    }
    const closed = () => reject(output.errored ?? new Error('the connection was closed'));
    output.once('close', closed);
    output.cork();
    for (const [i, part] of parts.entries()) {
      output.write(part, (error) => {
        if (i < parts.length - 1 && !error) return;
        output.off('close', closed);
        if (error) reject(error);
        else resolve();
      });
    }
    output.uncork();
  });
}

/** Bytes that an Outlet has under way at most before it makes its writer wait. */
const AHEAD = 1024 * 1024;

/**
 * Writes to a stream, some blocks ahead of what has been taken from it: whoever reads at its other end does not wait for
 * this process to be scheduled between two blocks.
 */
export class Outlet {
  private pending = 0;
  private failure: Error | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly output: Writable) {
    output.once('close', () => this.fail(output.errored ?? new Error('the connection was closed')));
  }

  /** Resolves when more may be written. @throws Error where the connection is closed */
  async write(parts: readonly Buffer[]): Promise<void> {
    const { output } = this;
    if (output.destroyed || output.writableEnded) this.fail(output.errored ?? new Error('the connection is closed'));
    if (this.failure !== undefined) throw this.failure;
    this.writeParts(parts);
    while (this.pending > AHEAD && this.failure === undefined) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** In one writev; they are gone when the last one is. */
  private writeParts(parts: readonly Buffer[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.pending += length;
    this.output.cork();
    for (let i = 0; i < parts.length - 1; i++) this.output.write(parts[i]!);
    this.output.write(parts.at(-1) ?? Buffer.alloc(0), (error) => {
      this.pending -= length;
      if (error) this.fail(error);
      else if (this.pending <= AHEAD) this.wake();
    });
    this.output.uncork();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
