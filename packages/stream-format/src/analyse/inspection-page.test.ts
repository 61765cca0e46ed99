import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePage, encodePage } from './inspection-page.js';
import { CELLS_PER_ROW } from './memory-picture.js';

it('a page comes out as it went in', async () => {
  const size = 3 * CELLS_PER_ROW;
  const plane = fc.uint8Array({ minLength: size, maxLength: size });
  const picture = fc.record({
    pagesPerCell: fc.constantFrom(1, 2),
    rows: fc.constant([0, 512, 1_000_000]),
    types: plane,
    zero: plane,
    sent: plane,
    pass: plane,
  });
  const table = fc.record({
    title: fc.string({ unit: 'binary' }),
    headings: fc.array(fc.string()),
    rows: fc.array(fc.array(fc.string())),
    notes: fc.array(fc.string()),
  });
  const page = fc.record({
    file: fc.string({ unit: 'binary' }),
    headline: fc.string(),
    tables: fc.array(table, { maxLength: 3 }),
    passes: fc.constant([{ number: 1, verify: false, checkpoint: 0, records: 3, pages: 9, again: 0, zero: 2 }]),
    picture,
  });
  await fc.assert(
    fc.asyncProperty(page, async (one) => {
      const text = await encodePage(one);
      expect(text).toMatch(/^[A-Za-z0-9+/=]+$/);
      expect(await decodePage(`\n${text}\n`)).toEqual(one);
    }),
    { numRuns: 20 },
  );
});
