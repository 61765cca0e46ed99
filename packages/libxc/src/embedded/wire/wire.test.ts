import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HypervisorError } from '../../hypervisor/errors.js';
import { MAX_MESSAGE, MessageSplitter, prefixed } from './framing.js';
import { decodeAnswer, decodeRequest, encodeFailure, encodeRequest, encodeResult } from './messages.js';

describe('messages', () => {
  it('requests and answers come through as they were', () => {
    const frames = Float64Array.of(0, -1, 2 ** 40);
    expect(decodeRequest(encodeRequest(7, 'mapForeign', [3, frames, 'write']))).toEqual({
      id: 7,
      name: 'mapForeign',
      args: [3, frames, 'write'],
    });
    const mapped = { id: 9, mfns: frames, errors: Uint8Array.of(0, 22, 0) };
    const answer = decodeAnswer(encodeResult(7, 'mapForeign', mapped));
    expect(answer.id).toBe(7);
    expect(answer.result('mapForeign')).toEqual(mapped);
    const context = encodeRequest(1, 'setVcpuContext', [1, 0, undefined]);
    expect(decodeRequest(context).args).toEqual([1, 0, undefined]);
  });

  it('failures come through as the error they were', () => {
    const error = new HypervisorError('EEXIST', 'createDomain', 4, 'domain 4 exists');
    const answer = decodeAnswer(encodeFailure(1, error));
    expect(() => answer.result('createDomain')).toThrow(error);
    expect(() => decodeAnswer(encodeFailure(2, new Error('broken'))).result('info')).toThrow(
      /embedded host failed.*broken/,
    );
  });

  it('of no sense are refused, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeRequest(bytes);
        } catch (e) {
          expect(['WireError', 'RangeError']).toContain((e as Error).name);
        }
      }),
      { numRuns: 2000 },
    );
    expect(() => decodeRequest(Buffer.concat([encodeRequest(1, 'info', []), Buffer.of(0)]))).toThrow(
      /1 bytes too many/,
    );
  });
});

describe('framing', () => {
  it('gives the same messages for any chunking', () => {
    const message = fc.uint8Array({ maxLength: 50 });
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (messages, sizes) => {
        const stream = Buffer.concat(messages.flatMap((m) => prefixed(m)));
        const splitter = new MessageSplitter();
        const found: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          for (const m of splitter.push(Buffer.from(stream.subarray(at, at + size)))) found.push(Uint8Array.from(m));
          at += size;
        }
        expect(found).toEqual(messages.map((m) => Uint8Array.from(m)));
      }),
    );
  });

  it('refuses a message that is too long before it has come', () => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32LE(MAX_MESSAGE + 1);
    expect(() => new MessageSplitter().push(prefix)).toThrow(/at most/);
  });
});
