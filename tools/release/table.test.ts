import { expect, it } from 'vitest';
import type { Package } from '../workspace.js';
import { resultTable } from './table.js';

const made = (name: string, version: string): Package => ({
  name,
  folder: '',
  manifest: { name: `@a/${name}`, version },
});

it('the table has a row for each package and a column for each Node', () => {
  const [one, two] = [made('one', '0.2.0'), made('two', '1.0.0')];
  const published = new Map([
    [one, { version: '0.2.0', size: 2048 }],
    [two, { version: '1.0.0', size: 100_000 }],
  ]);
  const trials = [
    { name: 'one', node: '20.0.0', packages: 1, seconds: 2.04 },
    { name: 'two', node: '20.0.0', packages: 0, seconds: 1, problem: 'it broke' },
    { name: 'one', node: '26.1.0', packages: 12, seconds: 13 },
  ];
  const versions = [{ of: one, from: '0.1.0', to: '0.2.0' }];
  expect(resultTable({ versions, published }, trials)).toEqual([
    'package  was    published  size    alone, Node 20.0.0     alone, Node 26.1.0',
    '@a/one   0.1.0  0.2.0      2 KiB   ok, 1 packages, 2.0 s  ok, 12 packages, 13.0 s',
    '@a/two   1.0.0  1.0.0      98 KiB  FAILED                 -',
  ]);
});
