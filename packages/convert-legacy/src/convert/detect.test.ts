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
const EXTV = 0x76_74_78_65;
const XCNT = 0x74_6e_63_78;
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

  it.each([
    [
      words(0x1000, 0, ALL, ALL, 0x1438, VCPU),
      'width 64: bytes 4 to 7 are zero, as the upper half of the size of a p2m is',
    ],
    [
      words(0x1000, ALL, 0xaf8, VCPU, 0xaf0, 0),
      'width 32: bytes 4 to 7 are not zero, as the upper half of the size of a p2m would be',
    ],
    [
      words(0x1000, 0, ALL, ALL, 0x1438, VCPU),
      'guest type pv: the marker of extended info at byte 8, then its block "vcpu"',
    ],
    [
      words(0x1000, 0, ALL, ALL, 0x1438, XCNT),
      'guest type pv: the marker of extended info at byte 8, then its block "xcnt"',
    ],
    [
      words(0x1000, ALL, 0xaf8, EXTV, 0, 0),
      'guest type pv: the marker of extended info at byte 4, then its block "extv"',
    ],
    [words(0x1000, 0, 0, 0, 0, 0), 'guest type hvm: no extended info, but a chunk end at byte 8'],
    [words(0x1000, 0, 1024, 0, 0, 0), 'guest type hvm: no extended info, but a batch of 1024 pages at byte 8'],
    [
      words(0x1000, 0, -20, 0, 0, 0),
      'guest type hvm: no extended info, but a chunk hvm_nr_ioreq_server_pages at byte 8',
    ],
    // As short as the width can be told from.
    [words(0x1000, 0, 0), 'guest type hvm: no extended info, but a chunk end at byte 8'],
    [words(0x1000, -2), 'guest type hvm: no extended info, but a chunk vcpu_info at byte 4'],
  ])('tells why: %#', async (stream, sentence) => {
    expect((await detect(stream)).why).toContain(sentence);
  });

  it.each([
    [
      'a marker that is not all ones',
      [0x1000, 0, ALL, 0xff00_0000, 0x1438, VCPU],
      'pv',
      'no marker of extended info at byte 8',
    ],
    ['a block that is none', [0x1000, 0, ALL, ALL, 0x1438, 0x1234], 'pv', 'no block of extended info at byte 20'],
    ['a batch that is too large', [0x1000, 0, 1025, 0, 0, 0], 'hvm', 'no chunk at byte 8'],
    ['a chunk below the last', [0x1000, 0, -21, 0, 0, 0], 'hvm', 'no chunk at byte 8'],
  ] as const)('%s is told of', async (_, numbers, guestType, reason) => {
    const wanted = `(64-bit toolstack, ${guestType.toUpperCase()} guest: ${reason}; 32-bit`;
    await expect(detect(words(...numbers), { guestType })).rejects.toMatchObject({
      code: 'BAD_VALUE',
      rule: 'detect',
      layer: 'legacy',
      message: expect.stringContaining(wanted),
    });
  });

  it('keeps what it is told where both would do', async () => {
    const mark = words(0x1000, 0, ALL, ALL, 0x1438, VCPU);
    expect(await detect(mark, { guestType: 'hvm' })).toMatchObject({ width: 64, guestType: 'hvm' });
    expect(await detect(mark, { guestType: 'pv' })).toMatchObject({ width: 64, guestType: 'pv' });
    await expect(detect(mark, { width: 32 })).rejects.toThrow(
      'the input begins as none of what was asked for, but as one of a 64-bit toolstack, PV guest (' +
        '32-bit toolstack, PV guest: bytes 4 to 7 would end the stream before its first page; ' +
        '32-bit toolstack, HVM guest: bytes 4 to 7 would end the stream before its first page)',
    );
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
    ['Xen saved domain, xl format\n \0 \r', 'LEGACY', /--xl/],
    ['LibxlFmt\0\0\0\x02\0\0\0\0', 'BAD_MAGIC', /libxl stream of version 2/],
    ['\xff\xff\xff\xff\xff\xff\xff\xffXENF\0\0\0\x03', 'BAD_MAGIC', /libxc stream of version 2 or later/],
    ['LinuxGuestRecord\0\0\x01\0', 'UNSUPPORTED', /save file of xend/],
    ['\x1f\x8b\x08\0\0\0\0\0', 'BAD_MAGIC', /gzip/],
  ])('%j is something else, and said to be', async (start, code, message) => {
    await expect(detect(Buffer.from(start.padEnd(64, '\0'), 'latin1'))).rejects.toMatchObject({
      code,
      rule: 'other-format',
      message: expect.stringMatching(message),
    });
  });
});
