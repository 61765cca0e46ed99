import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeStrings,
  encodeMessage,
  encodeStrings,
  HEADER,
  type Message,
  MessageAssembler,
  OversizedMessage,
  PAYLOAD_MAX,
  XS,
} from './wire.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const message: fc.Arbitrary<Message> = fc.record({
  type: u32,
  requestId: u32,
  transactionId: u32,
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** The bytes in pieces of these sizes, and the rest. */
function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

describe('messages', () => {
  it('come out of any pieces as they went in', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 40 }), (sent, sizes) => {
        const assembler = new MessageAssembler();
        const stream = Buffer.concat(sent.map(encodeMessage));
        const received = [...pieces(stream, sizes)].flatMap((piece) => [...assembler.push(piece)]);
        expect(received).toEqual(sent);
        expect(assembler.partial).toBe(false);
      }),
    );
  });

  it('are laid out as struct xsd_sockmsg', () => {
    const bytes = encodeMessage({ type: XS.WRITE, requestId: 2, transactionId: 3, payload: encodeStrings('/a', '') });
    expect(Buffer.from(bytes).toString('hex')).toBe('0b000000020000000300000004000000' + '2f610000');
  });

  it('may have 4096 bytes and no more; what came before such a one still counts', () => {
    const assembler = new MessageAssembler();
    const longest = { type: 1, requestId: 1, transactionId: 0, payload: new Uint8Array(PAYLOAD_MAX).fill(7) };
    expect([...assembler.push(encodeMessage(longest))]).toEqual([longest]);
    const received: Message[] = [];
    const bad = encodeMessage({ ...longest, payload: new Uint8Array(PAYLOAD_MAX + 1) });
    const take = () => {
      for (const one of assembler.push(Buffer.concat([encodeMessage(longest), bad]))) received.push(one);
    };
    expect(take).toThrow(OversizedMessage);
    expect(received).toEqual([longest]);
  });

  it('half of one is known as such, and can be forgotten', () => {
    const assembler = new MessageAssembler();
    expect([...assembler.push(new Uint8Array(HEADER.size - 1))]).toEqual([]);
    expect(assembler.partial).toBe(true);
    assembler.reset();
    const whole = { type: 4, requestId: 1, transactionId: 0, payload: Uint8Array.of(1) };
    expect([...assembler.push(encodeMessage(whole))]).toEqual([whole]);
  });
});

describe('strings', () => {
  it('have a NUL after each; what follows the last is none', () => {
    expect(decodeStrings(encodeStrings('a', '', 'b'))).toEqual(['a', '', 'b']);
    expect(decodeStrings(Buffer.from('a\0rest'))).toEqual(['a']);
    expect(decodeStrings(Buffer.from('rest'))).toEqual([]);
    expect(decodeStrings(encodeStrings())).toEqual([]);
  });
});
