import { describe, expect, it } from 'vitest';
import { StreamError } from './stream-error.js';

const details = { code: 'BAD_VALUE', offset: 48, rule: 'a-rule', spec: 'a document, a section' } as const;

describe('a fault of a stream', () => {
  it('says where it is, in which record, and what is wrong', () => {
    const record = { index: 3, type: 2, name: 'X86_PV_INFO' };
    const error = new StreamError('it is odd', { ...details, layer: 'libxc', record });
    expect(String(error)).toBe('StreamError: offset 48: libxc, record 3 (X86_PV_INFO): it is odd');
    expect(error).toMatchObject({ ...details, layer: 'libxc', record, detail: 'it is odd' });
  });

  it('of a legacy stream names the part, and its chunk', () => {
    const record = { index: 3, type: 2, name: 'a chunk of pages' };
    const error = new StreamError('it is odd', { ...details, layer: 'legacy', part: 'the memory', record });
    expect(error.message).toBe('offset 48: legacy, the memory, chunk 3 (a chunk of pages): it is odd');
  });

  it('outside of any record names the layer alone', () => {
    const error = new StreamError('it is odd', { ...details, layer: 'xl' });
    expect(error.message).toBe('offset 48: xl: it is odd');
    expect(error.record).toBeUndefined();
  });
});
