import { describe, expect, it } from 'vitest';
import { PAGE_TYPE } from '../libxc/page-types.js';
import { PageTables } from './page-tables.js';

const { NOTAB, L1TAB, L2TAB, L2TAB_PINNED, L3TAB, L4TAB, XTAB } = PAGE_TYPE;
const PRESENT = 1n;
const LARGE = 0x80n;

/** A page table: an entry of 8 bytes at each of these places. */
function table(entries: Readonly<Record<number, bigint>>): Uint8Array {
  const page = new Uint8Array(4096 + 8);
  // Not at the start of its memory: pages come as views of a buffer.
  const view = new DataView(page.buffer, 8);
  for (const [entry, value] of Object.entries(entries)) view.setBigUint64(Number(entry) * 8, value, true);
  return page.subarray(8);
}
const to = (pfn: number, flags = PRESENT) => (BigInt(pfn) << 12n) | flags;

function tables(types: Readonly<Record<number, number>>, pages: Readonly<Record<number, Uint8Array>>): PageTables {
  const found = new PageTables();
  for (const [pfn, type] of Object.entries(types)) found.note(Number(pfn), type);
  for (const [pfn, page] of Object.entries(pages)) found.content(Number(pfn), page);
  return found;
}

describe('page tables that are lost', () => {
  it('none where each points to the level below, or to its own', () => {
    const found = tables(
      { 1: L4TAB, 2: L3TAB, 3: L2TAB_PINNED, 4: L1TAB, 5: NOTAB },
      { 1: table({ 0: to(2), 511: to(1) }), 2: table({ 511: to(3) }), 3: table({ 7: to(4) }) },
    );
    expect([...found.lost(4)]).toEqual([]);
  });

  it('are named with table, entry and what is there instead', () => {
    const found = tables(
      { 1: L4TAB, 2: L3TAB, 3: L2TAB, 4: XTAB, 5: NOTAB },
      { 1: table({ 3: to(5) }), 2: table({ 1: to(9), 2: to(3) }), 3: table({ 0: to(4), 511: to(1) }) },
    );
    expect([...found.lost(4)]).toEqual([
      { table: 1, level: 4, entry: 3, lost: 5, lostType: 'NOTAB' },
      { table: 2, level: 3, entry: 1, lost: 9, lostType: 'not in the stream' },
      { table: 3, level: 2, entry: 0, lost: 4, lostType: 'XTAB' },
      { table: 3, level: 2, entry: 511, lost: 1, lostType: 'L4TAB' },
    ]);
  });

  it('are none of what is absent, and of what is a large page', () => {
    const entries = table({ 0: to(9, 0n), 1: to(9, PRESENT | LARGE), 2: to(9, LARGE), 3: 0n });
    expect([...tables({ 1: L2TAB }, { 1: entries }).lost(4)]).toEqual([]);
  });

  it('have frames of 40 bits, whatever stands above', () => {
    const high = 1n << 63n;
    const entries = table({ 0: to(0x10_0000) | high, 1: to(0x12_3456) | (1n << 52n) });
    expect([...tables({ 1: L2TAB }, { 1: entries }).lost(4)].map(({ lost }) => lost)).toEqual([0x10_0000, 0x12_3456]);
    const wide = [...tables({ 1: L2TAB }, { 1: table({ 300: to(2 ** 20 + 7) }) }).lost(4)];
    expect(wide).toMatchObject([{ entry: 300, lost: 2 ** 20 + 7 }]);
  });

  it('are looked for in four entries of a top level with three levels', () => {
    const found = tables({ 1: L3TAB, 2: L2TAB }, { 1: table({ 3: to(9), 4: to(9) }), 2: table({ 400: to(9) }) });
    const entries = (levels: 3 | 4) => [...found.lost(levels)].map(({ table: pfn, entry }) => `${pfn}:${entry}`);
    expect(entries(3)).toEqual(['1:3', '2:400']);
    expect(entries(4)).toEqual(['1:3', '1:4', '2:400']);
  });

  it('are those of the newest content', () => {
    const found = tables({ 1: L2TAB, 4: L1TAB }, { 1: table({ 0: to(9), 5: to(8) }) });
    found.content(1, table({ 0: to(4) }));
    expect([...found.lost(4)]).toEqual([]);
  });

  it('are none of a page that is a table no longer', () => {
    for (const type of [NOTAB, L1TAB, XTAB]) {
      const found = tables({ 1: L2TAB }, { 1: table({ 0: to(9) }) });
      found.note(1, type);
      expect([...found.lost(4)]).toEqual([]);
      // A table again, its old content is no content of it.
      found.note(1, L2TAB);
      expect([...found.lost(4)]).toEqual([]);
    }
    const still = tables({ 1: L2TAB }, { 1: table({ 0: to(9) }) });
    still.note(1, L2TAB_PINNED);
    still.note(2, NOTAB);
    expect([...still.lost(4)]).toHaveLength(1);
  });

  it('are no longer looked for where pfns are spread too thinly', () => {
    const found = tables({ 1: L2TAB }, { 1: table({ 0: to(9) }) });
    expect(found.scattered).toBe(false);
    for (let i = 1; !found.scattered && i < 100_000; i++) found.note(i * 2 ** 24, L2TAB);
    expect(found.scattered).toBe(true);
    expect([...found.lost(4)]).toEqual([]);
    found.content(1, table({ 0: to(9) }));
    found.note(1, L2TAB);
    expect([...found.lost(4)]).toEqual([]);
  });
});
