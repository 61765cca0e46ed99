import { describe, expect, it } from 'vitest';
import { type Package, root } from '../workspace.js';
import { breakingBump, mayBreak, missingBumps } from './bumps.js';
import { packageBreaks } from './check.js';

/** A workspace of three: top needs middle, middle needs base; other needs nobody. */
function madeUp(versions: Readonly<Record<string, string>>): Package[] {
  const needs: Record<string, string[]> = { base: [], middle: ['base'], top: ['middle'], other: [] };
  return Object.entries(versions).map(([name, version]) => {
    const dependencies = Object.fromEntries((needs[name] ?? []).map((dependency) => [dependency, 'workspace:^']));
    // Imports of the reports are looked up in a folder that exists.
    return { name, folder: `${root}packages/stream-format`, manifest: { name, version, dependencies } };
  });
}

const older = new Map([
  ['index', 'export function read(from: number): string;\nexport const gone: 1;'],
  ['extra', 'export const kept: 1;'],
]);
const newer = new Map([['index', 'export function read(from: string): string;\nexport const added: 2;']]);

/** What is missing when base changes from the older reports to the newer ones, and is released as planned. */
function missing(versions: Record<string, string>, planned: Record<string, string>, to = newer): string[] {
  const all = madeUp(versions);
  const base = all.find(({ name }) => name === 'base') as Package;
  const after = { ...versions, ...planned };
  const asMap = (of: Record<string, string>) => new Map(Object.entries(of));
  return missingBumps(new Map([[base, packageBreaks(base, older, to)]]), asMap(versions), asMap(after), all);
}

describe('what a version may break', () => {
  it.each([
    ['1.2.3', '1.3.0', false],
    ['1.2.3', '2.0.0', true],
    ['0.2.3', '0.2.4', false],
    ['0.2.3', '0.3.0', true],
    ['0.2.3', '1.0.0', true],
    ['1.2.3', '1.2.3', false],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(mayBreak(from, to)).toBe(expected);
  });

  it('is announced by major from 1.0.0 on, by minor before', () => {
    expect([breakingBump('1.0.0'), breakingBump('0.9.0')]).toEqual(['major', 'minor']);
  });
});

describe('a break', () => {
  it('says which exports it is of, and which bumps are missing, in order of dependency', () => {
    const text = missing({ base: '1.2.3', middle: '2.0.0', top: '1.0.1', other: '1.0.0' }, { base: '1.3.0' });
    expect(text).toEqual([
      'base breaks what 1.2.3 promised:',
      '  gone: is no longer there',
      expect.stringMatching(/^ {2}read: .*\n(.*\n)*.*Type 'number' is not assignable to type 'string'/),
      '  entry point extra: is no longer there',
      'Its users and those of its dependants must see that by the version. The changesets at hand do not say so:',
      "  base goes from 1.2.3 to 1.3.0, and needs 2.0.0: a changeset with 'base': major",
      "  middle stays 2.0.0, and needs 3.0.0: a changeset with 'middle': major",
      "  top stays 1.0.1, and needs 2.0.0: a changeset with 'top': major",
    ]);
  });

  it('needs a minor release of 0.x and a major one of 1.x, side by side', () => {
    const versions = { base: '0.4.1', middle: '0.2.0', top: '1.0.0' };
    expect(missing(versions, { base: '0.5.0', middle: '0.2.1', top: '1.1.0' }).slice(-2)).toEqual([
      "  middle goes from 0.2.0 to 0.2.1, and needs 0.3.0: a changeset with 'middle': minor",
      "  top goes from 1.0.0 to 1.1.0, and needs 2.0.0: a changeset with 'top': major",
    ]);
    expect(missing(versions, { base: '0.5.0', middle: '1.0.0', top: '2.0.0' })).toEqual([]);
  });

  it('is nothing to a package that does not depend on it, or is new', () => {
    const all = madeUp({ base: '1.0.0', top: '1.0.0', other: '1.0.0' });
    const base = all[0] as Package;
    const found = new Map([[base, packageBreaks(base, older, newer)]]);
    const planned = new Map([
      ['base', '2.0.0'],
      ['top', '1.0.0'],
    ]);
    expect(missingBumps(found, new Map([['base', '1.0.0']]), planned, all)).toEqual([]);
  });
});

it('who breaks nothing needs no bump', () => {
  const more = new Map(older)
    .set('index', `${older.get('index')}\nexport const added: 2;`)
    .set('another', 'export {};');
  expect(missing({ base: '1.0.0', middle: '1.0.0', top: '1.0.0' }, {}, more)).toEqual([]);
});
