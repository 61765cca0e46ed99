/**
 * Messages of the xenstore protocol: a header of four little-endian u32 and a payload (docs/misc/xenstore.txt,
 * public/io/xs_wire.h, struct xsd_sockmsg).
 */
export const HEADER = {
  fields: { type: 0, requestId: 4, transactionId: 8, length: 12 },
  size: 16,
} as const;

/** Message types; 20 (RESTRICT) is gone. */
export const XS = {
  CONTROL: 0,
  DIRECTORY: 1,
  READ: 2,
  GET_PERMS: 3,
  WATCH: 4,
  UNWATCH: 5,
  TRANSACTION_START: 6,
  TRANSACTION_END: 7,
  INTRODUCE: 8,
  RELEASE: 9,
  GET_DOMAIN_PATH: 10,
  WRITE: 11,
  MKDIR: 12,
  RM: 13,
  SET_PERMS: 14,
  WATCH_EVENT: 15,
  ERROR: 16,
  IS_DOMAIN_INTRODUCED: 17,
  RESUME: 18,
  SET_TARGET: 19,
  RESET_WATCHES: 21,
  DIRECTORY_PART: 22,
  GET_FEATURE: 23,
  SET_FEATURE: 24,
  GET_QUOTA: 25,
  SET_QUOTA: 26,
} as const;

export type MessageName = keyof typeof XS;

const NAMES = new Map(Object.entries(XS).map(([name, type]) => [type as number, name as MessageName]));

export function messageName(type: number): MessageName | undefined {
  return NAMES.get(type);
}

/** Bytes of a payload in either direction; whoever sends more is disconnected. */
export const PAYLOAD_MAX = 4096;
export const ABSOLUTE_PATH_MAX = 3072;
export const RELATIVE_PATH_MAX = 2048;

/** What a server offers in the ring page and by GET_FEATURE (docs/misc/xenstore-ring.txt). */
export const FEATURE = { reconnection: 1, error: 2, watchDepth: 4 } as const;

export interface Message {
  readonly type: number;
  readonly requestId: number;
  /** 0 outside of transactions. */
  readonly transactionId: number;
  readonly payload: Uint8Array;
}

export function encodeMessage({ type, requestId, transactionId, payload }: Message): Uint8Array {
  const bytes = new Uint8Array(HEADER.size + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER.fields.type, type, true);
  view.setUint32(HEADER.fields.requestId, requestId, true);
  view.setUint32(HEADER.fields.transactionId, transactionId, true);
  view.setUint32(HEADER.fields.length, payload.length, true);
  bytes.set(payload, HEADER.size);
  return bytes;
}

/** A payload length that no side may send. */
export class OversizedMessage extends Error {
  constructor(readonly length: number) {
    super(`a message with a payload of ${length} bytes; the limit is ${PAYLOAD_MAX}`);
  }
}

/** Makes messages of a stream of bytes that arrives in any pieces. Holds one message at most. */
export class MessageAssembler {
  private readonly header = new Uint8Array(HEADER.size);
  private readonly view = new DataView(this.header.buffer);
  private payload: Uint8Array = new Uint8Array(0);
  /** Bytes of the current message that are here, header included. */
  private have = 0;

  /**
   * The messages that these bytes complete, in order. Payloads are the caller's own.
   * @throws OversizedMessage
   */
  *push(bytes: Uint8Array): Generator<Message, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      at += this.have < HEADER.size ? this.takeHeader(bytes, at) : this.takePayload(bytes, at);
      if (this.have >= HEADER.size && this.have === HEADER.size + this.payload.length) yield this.finish();
    }
  }

  /** Whether a message is incomplete. */
  get partial(): boolean {
    return this.have > 0;
  }

  reset(): void {
    this.have = 0;
    this.payload = new Uint8Array(0);
  }

  private takeHeader(bytes: Uint8Array, at: number): number {
    const count = Math.min(HEADER.size - this.have, bytes.length - at);
    this.header.set(bytes.subarray(at, at + count), this.have);
    this.have += count;
    if (this.have === HEADER.size) {
      const length = this.view.getUint32(HEADER.fields.length, true);
      if (length > PAYLOAD_MAX) throw new OversizedMessage(length);
      this.payload = new Uint8Array(length);
    }
    return count;
  }

  private takePayload(bytes: Uint8Array, at: number): number {
    const from = this.have - HEADER.size;
    const count = Math.min(this.payload.length - from, bytes.length - at);
    this.payload.set(bytes.subarray(at, at + count), from);
    this.have += count;
    return count;
  }

  private finish(): Message {
    const message = {
      type: this.view.getUint32(HEADER.fields.type, true),
      requestId: this.view.getUint32(HEADER.fields.requestId, true),
      transactionId: this.view.getUint32(HEADER.fields.transactionId, true),
      payload: this.payload,
    };
    this.reset();
    return message;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeText = (text: string): Uint8Array => encoder.encode(text);
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Strings with a NUL after each. */
export function encodeStrings(...strings: readonly string[]): Uint8Array {
  return encoder.encode(strings.map((text) => `${text}\0`).join(''));
}

/** Strings with a NUL after each; what follows the last NUL is dropped. */
export function decodeStrings(bytes: Uint8Array): string[] {
  const end = bytes.lastIndexOf(0);
  return end < 0 ? [] : decoder.decode(bytes.subarray(0, end)).split('\0');
}
