import { hasPageData } from '../libxc/page-types.js';
import { CHUNK_PFNS, type PfnTable } from './pfn-table.js';

/** Rows of a picture that stay readable; beyond, a cell stands for more pages. */
const MAX_ROWS = 2048;
export const CELLS_PER_ROW = CHUNK_PFNS;

/**
 * A guest's memory as rows of 512 cells. Rows without a page are left out, so that holes of any size cost nothing.
 * A cell that stands for several pages shows the rarest of them: a page table before memory, a page that was sent again
 * before one that wasn't, contents before zeros.
 */
export interface MemoryPicture {
  /** A power of two; 1 for guests of up to 4 GiB. */
  readonly pagesPerCell: number;
  /** pfn of each row's first page, ascending. */
  readonly rows: readonly number[];
  /** Of each cell the page type + 1; 0 where there is no page. */
  readonly types: Uint8Array;
  /** 1 where all pages of a cell hold nothing but zeros. */
  readonly zero: Uint8Array;
  /** How often a page of the cell came, up to 255. */
  readonly sent: Uint8Array;
  /** The last pass in which one came, up to 255. */
  readonly pass: Uint8Array;
}

/** The picture of the memory that an inspection found. */
export function memoryPicture(table: PfnTable): MemoryPicture {
  const bases = table.bases();
  const pagesPerCell = cellSize(bases);
  const perRow = CELLS_PER_ROW * pagesPerCell;
  const rows = rowsOf(bases, perRow);
  const plane = () => new Uint8Array(rows.length * CELLS_PER_ROW);
  const picture: MemoryPicture = { pagesPerCell, rows, types: plane(), zero: plane(), sent: plane(), pass: plane() };
  let row = 0;
  for (const base of bases) {
    while ((rows[row] ?? 0) + perRow <= base) row++;
    const firstCell = row * CELLS_PER_ROW + (base - (rows[row] ?? 0)) / pagesPerCell;
    const chunk = table.find(base);
    if (chunk === undefined) continue;
    for (let slot = 0; slot < CHUNK_PFNS; slot++) {
      const known = chunk.types[slot] ?? 0;
      if (known === 0) continue;
      const zero = !hasPageData(known - 1) || chunk.zero[slot] === 1;
      const cell = Math.floor(firstCell + slot / pagesPerCell);
      add(picture, cell, known, zero, chunk.sent[slot] ?? 0, chunk.pass[slot] ?? 0);
    }
  }
  return picture;
}

function cellSize(bases: readonly number[]): number {
  let pages = 1;
  while (rowsOf(bases, CELLS_PER_ROW * pages).length > MAX_ROWS) pages *= 2;
  return pages;
}

function rowsOf(bases: readonly number[], perRow: number): number[] {
  return [...new Set(bases.map((base) => base - (base % perRow)))];
}

function add(picture: MemoryPicture, cell: number, known: number, zero: boolean, sent: number, pass: number): void {
  const { types, zero: zeros } = picture;
  const first = types[cell] === 0;
  types[cell] = Math.max(types[cell] ?? 0, known);
  zeros[cell] = zero && (first || zeros[cell] === 1) ? 1 : 0;
  picture.sent[cell] = Math.max(picture.sent[cell] ?? 0, sent);
  picture.pass[cell] = Math.max(picture.pass[cell] ?? 0, pass);
}
