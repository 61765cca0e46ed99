import { ByteReader, byteSource } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { smallStream } from '../testing/small-stream.js';
import { detectLegacy } from './detect.js';

const detect = (stream: Uint8Array, known = {}) => detectLegacy(new ByteReader(byteSource(stream)), known);

/** Numbers of four bytes. */
function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values, (value) => value >>> 0).buffer);
}
const VCPU = 0x75_70_63_76;
const ALL = 0xffff_ffff;

describe('detectLegacy', () => {
  it.each([
    ['64-bit PV', words(0x1000, 0, ALL, ALL, 0x1438, VCPU), { width: 64, guestType: 'pv' }],
    ['32-bit PV', words(0x1000, ALL, 0xaf8, VCPU, 0xaf0, 0), { width: 32, guestType: 'pv' }],
    ['64-bit HVM', words(0x1000, 0, 4, 0, 0, 1), { width: 64, guestType: 'hvm' }],
    ['32-bit HVM', words(0x1000, 4, 0, 1, 2, 3), { width: 32, guestType: 'hvm' }],
    [
      '64-bit HVM that begins with the mark for verification',
      words(0x1000, 0, -1, 4, 0, 0),
      { width: 64, guestType: 'hvm' },
    ],
    ['32-bit HVM that begins with it', words(0x1000, -1, 4, 0, 1, 2), { width: 32, guestType: 'hvm' }],
  ])('%s', async (_, stream, kind) => {
    const detected = await detect(stream);
    expect(detected).toMatchObject(kind);
    expect(detected.why).toHaveLength(2);
  });

  it('says of what it was told only the rest', async () => {
    const { why } = await detect(smallStream(4), { width: 64 });
    expect(why).toEqual(['guest type hvm: no extended info, but a batch of 4 pages at byte 8']);
    expect(await detect(smallStream(4), { width: 32, guestType: 'pv' })).toEqual({
      width: 32,
      guestType: 'pv',
      why: [],
    });
  });

  it('names what it is instead of what it was said to be', async () => {
    await expect(detect(smallStream(4), { guestType: 'pv' })).rejects.toThrow(
      'offset 0: legacy, start: the input begins as none of what was asked for, but as one of a 64-bit toolstack, HVM guest (',
    );
  });

  it('names what speaks against every kind', async () => {
    await expect(detect(words(0x1000, 5000, 6000, 7000))).rejects.toThrow(
      'offset 0: legacy, start: the input begins as no legacy stream does (' +
        '64-bit toolstack, PV guest: bytes 4 to 7 would make a p2m of more than 16 TiB; ' +
        '64-bit toolstack, HVM guest: bytes 4 to 7 would make a p2m of more than 16 TiB; ' +
        '32-bit toolstack, PV guest: no marker of extended info at byte 4; ' +
        '32-bit toolstack, HVM guest: no chunk at byte 4)',
    );
    await expect(detect(new Uint8Array(3))).rejects.toThrow('the input ends after 3 bytes');
  });

  it.each([
    ['Xen saved domain, xl format\n \0 \r', /--xl/],
    ['LibxlFmt\0\0\0\x02\0\0\0\0', /libxl stream of version 2/],
    ['\xff\xff\xff\xff\xff\xff\xff\xffXENF\0\0\0\x03', /libxc stream of version 2 or later/],
    ['LinuxGuestRecord\0\0\x01\0', /save file of xend/],
    ['\x1f\x8b\x08\0\0\0\0\0', /gzip/],
  ])('%j is something else, and said to be', async (start, message) => {
    await expect(detect(Buffer.from(start.padEnd(64, '\0'), 'latin1'))).rejects.toThrow(message);
  });
});
