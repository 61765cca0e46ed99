import { describe, expect, test } from 'vitest';
import { builtinKernel } from './builtin.js';
import { encodeKernelImage, KernelImageError, parseKernelImage } from './image.js';
import { PAGE_SIGNATURE } from './isa.js';

describe('embedded kernel images', () => {
  test('are read as they were written', () => {
    const image = {
      name: 'nothing',
      text: new Uint8Array(8192).fill(7),
      zeroPages: 3,
      entryOffset: 16,
      width: 4 as const,
    };
    expect(parseKernelImage(encodeKernelImage(image))).toEqual(image);
  });

  test('of the selfcheck kernel: every text page begins with the signature', () => {
    const { name, text, entryOffset } = parseKernelImage(builtinKernel('selfcheck'));
    expect(name).toBe('selfcheck');
    expect(entryOffset).toBe(16);
    for (let at = 0; at < text.length; at += 4096) {
      expect(Buffer.from(text.subarray(at, at + 16)).toString('latin1')).toBe(PAGE_SIGNATURE);
    }
  });

  test.each([
    ['an ELF image', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(100)])],
    ['a gzip file', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(100)])],
    ['a Linux bzImage', Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(100)])],
    ['an empty file', Buffer.alloc(0)],
    ['a file of 100 bytes', Buffer.alloc(100)],
  ])('%s is refused by name', (what, bytes) => {
    expect(() => parseKernelImage(bytes)).toThrow(`the kernel is ${what}`);
    expect(() => parseKernelImage(bytes)).toThrow('no x86 code');
  });

  test.each([
    ['version', 8, 2, 'of version 2'],
    ['header size', 12, 65, 'header of 65 bytes'],
    ['text pages', 16, 0, '0 + '],
    ['zero pages', 20, 0xffff_ffff, 'at most 4096'],
    ['word size', 48, 7, 'words of 7 bytes'],
    ['entry', 24, 0x7fff_0000, 'outside its text'],
  ])('a wrong %s is refused', (_what, offset, value, message) => {
    const bytes = Uint8Array.from(builtinKernel('selfcheck'));
    new DataView(bytes.buffer).setUint32(offset, value, true);
    expect(() => parseKernelImage(bytes)).toThrow(KernelImageError);
    expect(() => parseKernelImage(bytes)).toThrow(message);
  });

  test('one that was cut short is refused', () => {
    expect(() => parseKernelImage(builtinKernel('selfcheck').subarray(0, 1000))).toThrow(
      'embedded kernel of 1000 bytes',
    );
  });

  test('there is no built-in kernel of another name', () => {
    expect(() => builtinKernel('toString')).toThrow("no built-in kernel 'toString'; there is: selfcheck");
  });
});
