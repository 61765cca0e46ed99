import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The table of docs/traps.md names tests; each must be there, under that name. */
const ROW = /^\| .+ \| `(?<file>[^`]+\.test\.ts)`: (?<name>.+) \|$/;

const text = readFileSync(new URL('../docs/traps.md', import.meta.url), 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (trap|---)/.test(line));

test('every row names a test', () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !ROW.test(row))).toEqual([]);
});

test.each(rows.map((row) => row.match(ROW)?.groups ?? {}))('$file: $name', ({ file, name }) => {
  const source = readFileSync(new URL(file!, import.meta.url), 'utf8').replaceAll("\\'", "'");
  expect(source).toContain(name);
});
