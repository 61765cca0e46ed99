import { describe, expect, it } from 'vitest';
import { MemorySink } from '../bytes/byte-sink.js';
import { concatBytes } from '../bytes/concat.js';
import { PAGE_TYPE } from '../libxc/page-types.js';
import { type ChainFile, type ChainPoint, mergeChain, mergedChain, readChain, verifyChain } from './index.js';
import { fileOf, MemoryFile, type SamplePage, type SampleSave, sampleSave } from './testing/chain-samples.js';

const BASE = '11'.repeat(16);
const FIRST = '22'.repeat(16);
const SECOND = 'a0'.repeat(16);
const { NOTAB, L1TAB, XTAB, XALLOC, BROKEN } = PAGE_TYPE;

const base: SampleSave = {
  snapshot: { id: BASE, parent: undefined },
  pages: [
    [
      [0, NOTAB, 10],
      [1, L1TAB, 11],
      [2, XTAB],
      [3, NOTAB, 13],
    ],
    // Sent again, and a hole that was memory.
    [
      [1, NOTAB, 21],
      [3, XTAB],
      [5000, NOTAB, 50],
    ],
  ],
};
const first: SampleSave = {
  snapshot: { id: FIRST, parent: BASE },
  pages: [
    [
      [0, NOTAB, 30],
      [2, NOTAB, 32],
    ],
  ],
  populated: [
    { first: 0, count: 4 },
    { first: 5000, count: 2 },
  ],
};
const second: SampleSave = {
  snapshot: { id: SECOND, parent: FIRST },
  pages: [[[2, NOTAB, 42]]],
  populated: [{ first: 0, count: 4 }],
};

async function merged(
  files: readonly ChainFile[],
  asBase = false,
): Promise<{ bytes: Uint8Array; points: readonly ChainPoint[] }> {
  const sink = new MemorySink();
  const points = await mergeChain(files, sink, { asBase });
  return { bytes: sink.bytes(), points };
}

/** What an ordinary save of these pages would be. */
const ordinary = (pages: readonly SamplePage[], more: Partial<SampleSave> = {}) =>
  sampleSave({ pages: [pages], ...more });

async function filesOf(...saves: SampleSave[]): Promise<MemoryFile[]> {
  return Promise.all(saves.map((save) => fileOf(save)));
}

describe('a chain that is merged', () => {
  it('is an ordinary save: a base alone has the last word on each page, in order of their pfns', async () => {
    const { bytes } = await merged(await filesOf(base));
    const wanted: SamplePage[] = [
      [0, NOTAB, 10],
      [1, NOTAB, 21],
      [2, XTAB],
      [3, XTAB],
      [5000, NOTAB, 50],
    ];
    expect(bytes).toEqual(await ordinary(wanted));
  });

  it('has the pages of any point: the newest contents, and nothing where there is no memory any more', async () => {
    const files = await filesOf(base, first, second);
    expect((await merged(files.slice(0, 2))).bytes).toEqual(
      await ordinary([
        [0, NOTAB, 30],
        [1, NOTAB, 21],
        [2, NOTAB, 32],
        // Memory that was never written since it came.
        [3, XALLOC],
        [5000, NOTAB, 50],
        [5001, XALLOC],
      ]),
    );
    const { bytes, points } = await merged(files);
    expect(bytes).toEqual(
      await ordinary([
        [0, NOTAB, 30],
        [1, NOTAB, 21],
        [2, NOTAB, 42],
        [3, XALLOC],
      ]),
    );
    const sizes = await Promise.all([base, first, second].map(async (save) => (await sampleSave(save)).length));
    expect(points).toEqual([
      { id: BASE, parent: undefined, pages: 5, bytes: sizes[0] },
      { id: FIRST, parent: BASE, pages: 2, bytes: sizes[1] },
      { id: SECOND, parent: FIRST, pages: 1, bytes: sizes[2] },
    ]);
  });

  it('takes no notice of what was sent once more to be compared', async () => {
    const again: SampleSave = { ...first, verify: [[0, NOTAB, 99]] };
    const { bytes, points } = await merged(await filesOf(base, again));
    expect(bytes).toEqual((await merged(await filesOf(base, first))).bytes);
    expect(points[1]?.pages).toBe(2);
  });

  it('has its pages though the last file has none', async () => {
    const nothing: SampleSave = { ...first, pages: [], populated: [{ first: 0, count: 1 }] };
    expect((await merged(await filesOf(base, nothing))).bytes).toEqual(await ordinary([[0, NOTAB, 10]]));
  });

  it('keeps the layers around it', async () => {
    const { bytes } = await merged(
      await filesOf({ ...base, framed: true }, { ...second, snapshot: first.snapshot!, framed: true }),
    );
    const wanted: SamplePage[] = [
      [0, NOTAB, 10],
      [1, NOTAB, 21],
      [2, NOTAB, 42],
      [3, XALLOC],
    ];
    expect(bytes).toEqual(await ordinary(wanted, { framed: true }));
  });

  it('may itself be a base, for deltas to come', async () => {
    const files = await filesOf(base, first);
    const { bytes } = await merged(files, true);
    expect((await readChain([new MemoryFile(bytes)])).points).toMatchObject([{ id: FIRST, parent: undefined }]);
    const [delta] = await filesOf(second);
    expect((await merged([new MemoryFile(bytes), delta as MemoryFile])).bytes).toEqual(
      (await merged([...files, delta as MemoryFile])).bytes,
    );
  });

  it('is written in records of 1024 pages, and pages side by side in one file are read at once', async () => {
    const pages = (from: number, count: number): SamplePage[] =>
      Array.from({ length: count }, (_, i) => [from + i, NOTAB, i % 251]);
    const [file] = await filesOf({ ...base, pages: [pages(0, 700), pages(700, 600)] });
    const { bytes } = await merged([file as MemoryFile]);
    const wanted = await sampleSave({
      pages: [[...pages(0, 700), ...pages(700, 600).slice(0, 324)], pages(700, 600).slice(324)],
    });
    expect(Buffer.compare(bytes, wanted)).toBe(0);
    expect((file as MemoryFile).reads.map(([, length]) => length / 4096)).toEqual([700, 324, 276]);
  });

  it('comes as a stream, too, the same; whatever was opened is closed', async () => {
    const files = await filesOf(base, first, second);
    const parts: Uint8Array[] = [];
    for await (const part of mergedChain(files)) parts.push(part);
    expect(concatBytes(parts)).toEqual((await merged(files)).bytes);
    expect(parts.length).toBeGreaterThan(3);
    expect(files.map(({ opened }) => opened)).toEqual([0, 0, 0]);
  });

  it('is verified at each point', async () => {
    const broken: SampleSave = {
      ...second,
      extra: [{ type: 'UNKNOWN', number: 0x7777, optional: false, data: new Uint8Array(8) }],
    };
    const reports = await verifyChain(await filesOf(base, first, broken));
    expect(reports.map(({ problems }) => problems.some(({ message }) => message.includes('0x7777')))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('files that are no chain', () => {
  const pv = (width: 4 | 8): Partial<SampleSave> => ({ header: { guestType: 'pv' }, width });
  const cases: Readonly<Record<string, [SampleSave[], object]>> = {
    'no file': [[], { code: 'EMPTY', file: undefined, message: 'a chain has at least a base' }],
    'an ordinary save': [
      [{ pages: base.pages }],
      { code: 'NOT_A_SNAPSHOT', file: 0, message: 'file 1 of the chain: it is no incremental save' },
    ],
    'an ordinary save without pages': [
      [base, { pages: [] }],
      { code: 'NOT_A_SNAPSHOT', file: 1, message: 'file 2 of the chain: it is no incremental save' },
    ],
    'a delta first': [
      [first],
      {
        code: 'WRONG_PARENT',
        file: 0,
        message: `file 1 of the chain: it is a delta of ${BASE}; a chain begins with a base`,
      },
    ],
    'two bases': [
      [base, { ...base, snapshot: { id: FIRST, parent: undefined } }],
      {
        code: 'WRONG_PARENT',
        file: 1,
        message: `file 2 of the chain: ${FIRST} is a base itself, the file before it is ${BASE}`,
      },
    ],
    'a delta too few': [
      [base, second],
      {
        code: 'WRONG_PARENT',
        file: 1,
        message: `file 2 of the chain: ${SECOND} builds upon ${FIRST}, the file before it is ${BASE}`,
      },
    ],
    'a guest of another type': [
      [base, { ...first, ...pv(8) }],
      {
        code: 'DIFFERENT_GUESTS',
        file: 1,
        message: 'file 2 of the chain: it holds a pv 64-bit guest, the base a hvm one',
      },
    ],
    'a guest of another width': [
      [
        { ...base, ...pv(8) },
        { ...first, ...pv(4) },
      ],
      {
        code: 'DIFFERENT_GUESTS',
        file: 1,
        message: 'file 2 of the chain: it holds a pv 32-bit guest, the base a pv 64-bit one',
      },
    ],
    'a delta that does not say what the guest has': [
      [base, { snapshot: first.snapshot!, pages: first.pages }],
      { code: 'BAD_RECORD', file: 1, message: 'file 2 of the chain: it does not say which pages the guest has' },
    ],
    'a checkpointed stream': [
      [{ ...base, extra: [{ type: 'CHECKPOINT' }] }],
      { code: 'UNSUPPORTED', file: 0, message: 'file 1 of the chain: a checkpointed stream' },
    ],
    'a big-endian stream': [
      [{ ...base, header: { endian: 'big' } }],
      { code: 'UNSUPPORTED', file: 0, message: 'file 1 of the chain: a big-endian stream' },
    ],
  };

  it.each(Object.entries(cases))('%s', async (_, [saves, wanted]) => {
    const files = await filesOf(...saves);
    await expect(readChain(files)).rejects.toMatchObject({ name: 'ChainError', ...wanted });
    expect(files.every(({ opened }) => opened === 0)).toBe(true);
  });

  it('more files than the index can tell apart', async () => {
    const [file] = await filesOf(base);
    const many = Array.from({ length: 256 }, () => file as MemoryFile);
    await expect(readChain(many)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'a chain of more than 255 files; merge some',
    });
    await expect(readChain(many.slice(1))).rejects.toMatchObject({ code: 'WRONG_PARENT', file: 1 });
  });

  it('a file whose pages can no longer be read', async () => {
    const [, delta] = await filesOf(base, first);
    const gone = new MemoryFile(await sampleSave(base), true);
    await expect(merged([gone, delta as MemoryFile])).rejects.toMatchObject({
      code: 'MISSING_PAGE',
      file: 0,
      message: expect.stringMatching(/^file 1 of the chain: its pages at offset \d+ can't be read: the disk is gone$/),
    });
    expect([gone.opened, (delta as MemoryFile).opened]).toEqual([0, 0]);
  });
});

describe('pages', () => {
  it('that are broken or only promised have no place in a file', async () => {
    const { index } = await readChain(
      await filesOf({
        ...base,
        pages: [
          [
            [7, BROKEN],
            [4096, NOTAB, 1],
            [8, XALLOC],
          ],
        ],
      }),
    );
    expect([...index.places()]).toMatchObject([
      { pfn: 7, type: BROKEN, file: 0, offset: undefined },
      { pfn: 8, type: XALLOC, file: 0, offset: undefined },
      { pfn: 4096, type: NOTAB, file: 0, offset: expect.any(Number) },
    ]);
    expect([index.get(7)?.type, index.get(9), index.get(9999)]).toEqual([BROKEN, undefined, undefined]);
  });
});
