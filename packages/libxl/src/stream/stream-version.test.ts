import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { LIBXL_HAVE_SRM_V1, LIBXL_HAVE_SRM_V2 } from '../index.js';
import { nativeReader, type StreamVersion } from './stream-version.js';

const configOf = (type: 'pv' | 'hvm' | 'pvh') => ({ c_info: { type }, b_info: {} });
const reader = () => new ByteReader(byteSource(new Uint8Array(100)));

describe('the version of a stream', () => {
  it('2 is read as it is', () => {
    const given = reader();
    expect(nativeReader(given, configOf('pv'), 2).reader).toBe(given);
    expect({ LIBXL_HAVE_SRM_V1, LIBXL_HAVE_SRM_V2 }).toEqual({ LIBXL_HAVE_SRM_V1: 1, LIBXL_HAVE_SRM_V2: 1 });
  });

  it('1 is converted, of the kind of guest that the configuration names', async () => {
    const { reader: converted, close } = nativeReader(reader(), configOf('hvm'), 1);
    await expect(converted.skip(10_000)).rejects.toThrow('legacy, HVM context: 0 bytes');
    await close();
    expect(() => nativeReader(reader(), configOf('pvh'), 1)).toThrow(expect.objectContaining({ code: 'ERROR_INVAL' }));
  });

  it('no other is known', () => {
    expect(() => nativeReader(reader(), configOf('pv'), 3 as StreamVersion)).toThrow(
      expect.objectContaining({ code: 'ERROR_INVAL', message: 'a stream of version 3: only 1 and 2 are known' }),
    );
  });
});
