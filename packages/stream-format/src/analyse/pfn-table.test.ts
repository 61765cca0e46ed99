import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_PFNS, PfnTable, ScatteredPfnsError } from './pfn-table.js';

describe('PfnTable', () => {
  it('answers what was set last, as a plain map would', () => {
    const pfn = fc.oneof(fc.nat(2000), fc.nat(2 ** 30), fc.constantFrom(2 ** 40, 2 ** 52 - 1));
    const step = fc.record({ pfn, type: fc.option(fc.nat(15), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new PfnTable({ hashes: true });
        const model = new Map<number, number>();
        for (const { pfn, type } of steps) {
          if (type === undefined) {
            table.remove(pfn);
            model.delete(pfn);
          } else {
            table.set(pfn, type);
            model.set(pfn, type);
          }
        }
        expect(table.size).toBe(model.size);
        for (const { pfn } of steps) expect(table.typeOf(pfn)).toBe(model.get(pfn));
        const covered = [...table.runs(() => true)].flatMap((run) =>
          Array.from({ length: run.count }, (_, i) => run.start + i),
        );
        expect(covered).toEqual([...model.keys()].sort((a, b) => a - b));
      }),
    );
  });

  it('joins runs over chunk borders and leaves out what is not wanted', () => {
    const table = new PfnTable({});
    for (let pfn = 10; pfn < CHUNK_PFNS * 2 + 3; pfn++) table.set(pfn, pfn === 700 ? 0xe : 0);
    expect([...table.runs((type) => type === 0)]).toEqual([
      { start: 10, count: 690 },
      { start: 701, count: CHUNK_PFNS * 2 + 3 - 701 },
    ]);
  });

  it('takes no hash of a removed page for one of a new page', () => {
    const table = new PfnTable({ hashes: true });
    table.set(5, 0).hashes.fill(7, 10, 12);
    table.remove(5);
    expect([...table.set(5, 0xe).hashes.subarray(10, 12)]).toEqual([0, 0]);
  });

  it('refuses pfns that are spread over the whole address space', () => {
    const table = new PfnTable({});
    const spread = () => {
      for (let n = 0; n < 100_000; n++) table.set(n * CHUNK_PFNS * 3, 0xe);
    };
    expect(spread).toThrow(ScatteredPfnsError);
    expect(table.size).toBeLessThan(5000);
  });
});
