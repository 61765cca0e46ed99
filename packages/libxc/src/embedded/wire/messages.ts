import { ERRNO, errnoName, HypervisorError } from '../../hypervisor/errors.js';
import { ByteCursor, ByteWriter, type Codec, number, optional, struct, text, u32, WireError } from './codec.js';
import {
  OPERATION_NAMES,
  OPERATIONS,
  type OperationArgs,
  type OperationName,
  type OperationResult,
} from './operations.js';

/**
 * The messages between client and daemon. The daemon speaks first (Hello); then every request is answered once, in any
 * order, under its number.
 *
 *     request: number u32, operation u8 (place in OPERATIONS), arguments
 *     answer:  number u32, status u8, result or failure
 */

/** Changes whenever OPERATIONS or a codec does: both sides are of one build. */
export const PROTOCOL_VERSION = 1;

export interface Hello {
  readonly version: number;
  /** The file of the machine's memory, and how many frames it spans. */
  readonly memoryPath: string;
  readonly memorySpan: number;
}

const hello = struct<Hello>({ version: u32, memoryPath: text, memorySpan: number });

const STATUS = { done: 0, refused: 1, failed: 2 } as const;

interface Refusal {
  readonly errno: number;
  readonly operation: string;
  readonly domid: number | undefined;
  readonly message: string;
}

const refusal = struct<Refusal>({ errno: u32, operation: text, domid: optional(u32), message: text });

export function encodeHello(value: Hello): Buffer {
  const writer = new ByteWriter();
  hello.write(writer, value);
  return writer.finish();
}

export function decodeHello(message: Uint8Array): Hello {
  return hello.read(new ByteCursor(message));
}

export function encodeRequest<N extends OperationName>(id: number, name: N, args: OperationArgs<N>): Buffer {
  const writer = new ByteWriter();
  writer.u32(id);
  writer.u8(OPERATION_NAMES.indexOf(name));
  argCodecs(name).forEach((codec, i) => {
    codec.write(writer, args[i]);
  });
  return writer.finish();
}

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly args: OperationArgs<OperationName>;
}

/** @throws WireError */
export function decodeRequest(message: Uint8Array): Request {
  const cursor = new ByteCursor(message);
  const id = cursor.u32();
  const index = cursor.u8();
  const name = OPERATION_NAMES[index];
  if (name === undefined) throw new WireError(`there is no operation ${index}`);
  const args = argCodecs(name).map((codec) => codec.read(cursor)) as unknown as OperationArgs<OperationName>;
  cursor.end();
  return { id, name, args };
}

export function encodeResult<N extends OperationName>(id: number, name: N, result: OperationResult<N>): Buffer {
  const writer = new ByteWriter();
  writer.u32(id);
  writer.u8(STATUS.done);
  resultCodec(name).write(writer, result);
  return writer.finish();
}

export function encodeFailure(id: number, error: unknown): Buffer {
  const writer = new ByteWriter();
  writer.u32(id);
  if (error instanceof HypervisorError) {
    writer.u8(STATUS.refused);
    const { code, operation, domid, message } = error;
    refusal.write(writer, { errno: ERRNO[code], operation, domid, message });
  } else {
    writer.u8(STATUS.failed);
    text.write(writer, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return writer.finish();
}

export interface Answer {
  readonly id: number;
  /** The result, for the operation that was asked. @throws HypervisorError when it was refused */
  result<N extends OperationName>(name: N): OperationResult<N>;
}

export function decodeAnswer(message: Uint8Array): Answer {
  const cursor = new ByteCursor(message);
  const id = cursor.u32();
  const status = cursor.u8();
  return {
    id,
    result<N extends OperationName>(name: N): OperationResult<N> {
      if (status === STATUS.done) return resultCodec(name).read(cursor) as OperationResult<N>;
      if (status === STATUS.failed) throw new Error(`the embedded host failed in ${name}: ${text.read(cursor)}`);
      throw refusalError(refusal.read(cursor));
    },
  };
}

/** The error as the host threw it, with its own message. */
function refusalError({ errno, operation, domid, message: whole }: Refusal): HypervisorError {
  const error = new HypervisorError(errnoName(errno), operation, domid, '');
  error.message = whole;
  return error;
}

// The tables are typed entry by entry; over a name that is not known yet, codecs are of unknown values.
function argCodecs(name: OperationName): readonly Codec<unknown>[] {
  return OPERATIONS[name].args as unknown as readonly Codec<unknown>[];
}

function resultCodec(name: OperationName): Codec<unknown> {
  return OPERATIONS[name].result as Codec<unknown>;
}
