import { describe, expect, it } from 'vitest';
import { PAGE_TYPE } from '../libxc/page-types.js';
import { CELLS_PER_ROW, memoryPicture } from './memory-picture.js';
import { CHUNK_PFNS, PfnTable } from './pfn-table.js';

function tableOf(pages: readonly { pfn: number; type?: number; zero?: boolean; sent?: number; pass?: number }[]) {
  const table = new PfnTable({ history: true });
  for (const { pfn, type = PAGE_TYPE.NOTAB, zero = false, sent = 1, pass = 1 } of pages) {
    const chunk = table.set(pfn, type);
    const slot = pfn % CHUNK_PFNS;
    chunk.zero[slot] = zero ? 1 : 0;
    chunk.sent[slot] = sent;
    chunk.pass[slot] = pass;
  }
  return table;
}

describe('memoryPicture', () => {
  it('has a row for each 2 MiB that has a page', () => {
    const pages = [{ pfn: 3 }, { pfn: 0xfeffc, type: PAGE_TYPE.L1TAB, sent: 4, pass: 9 }, { pfn: 515, zero: true }];
    const picture = memoryPicture(tableOf(pages));
    expect(picture).toMatchObject({ pagesPerCell: 1, rows: [0, 512, 0xfee00] });
    const cell = 2 * CELLS_PER_ROW + 0x1fc;
    expect([picture.types[cell], picture.sent[cell], picture.pass[cell]]).toEqual([PAGE_TYPE.L1TAB + 1, 4, 9]);
    expect([picture.types[3], picture.zero[3], picture.types[4]]).toEqual([1, 0, 0]);
    expect(picture.zero[CELLS_PER_ROW + 3]).toBe(1);
  });

  it('of a large guest puts several pages into a cell, which shows the rarest', () => {
    const rows = 4000;
    const filled = Array.from({ length: rows }, (_, row) => ({ pfn: row * CHUNK_PFNS, zero: true }));
    const pages = [
      ...filled,
      { pfn: 1, zero: true },
      { pfn: 4, zero: true },
      { pfn: 5, type: PAGE_TYPE.L4TAB_PINNED },
      { pfn: 7, sent: 3, pass: 3 },
    ];
    const picture = memoryPicture(tableOf(pages));
    expect(picture.pagesPerCell).toBe(2);
    expect(picture.rows).toHaveLength(rows / 2);
    expect([picture.types[0], picture.zero[0]]).toEqual([1, 1]);
    expect([picture.types[2], picture.zero[2], picture.sent[3]]).toEqual([PAGE_TYPE.L4TAB_PINNED + 1, 0, 3]);
  });

  it('of no memory is empty', () => {
    expect(memoryPicture(new PfnTable({ history: true }))).toMatchObject({ rows: [], pagesPerCell: 1 });
  });
});
