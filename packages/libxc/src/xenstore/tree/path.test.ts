import { expect, it } from 'vitest';
import { absolutePath, levelsBelow, parentOf } from './path.js';

const BASE = '/local/domain/3';

it.each([
  ['/', '/'],
  ['/a', '/a'],
  ['/a/b-c_d@9', '/a/b-c_d@9'],
  ['a/b', '/local/domain/3/a/b'],
  [`/${'x'.repeat(3071)}`, `/${'x'.repeat(3071)}`],
])('%s is meant as %s', (path, full) => {
  expect(absolutePath(path, BASE)).toBe(full);
});

it.each([
  ['nothing', ''],
  ['a doubled slash', '/a//b'],
  ['a trailing slash', '/a/'],
  ['a relative trailing slash', 'a/'],
  ['a dot', '/a.b'],
  ['a blank', '/a b'],
  ['a letter beyond ASCII', '/ä'],
  ['an absolute path of 3073 bytes', `/${'x'.repeat(3072)}`],
  ['a relative path of 2049 bytes', 'x'.repeat(2049)],
  ['an event', '@releaseDomain'],
])('%s is no path', (_what, path) => {
  expect(() => absolutePath(path, BASE)).toThrow('EINVAL');
});

it('events are meant where that is possible', () => {
  expect(absolutePath('@releaseDomain', BASE, true)).toBe('@releaseDomain');
});

it('knows parents and levels', () => {
  expect(['/a/b/c', '/a', '/'].map(parentOf)).toEqual(['/a/b', '/', '/']);
  expect(levelsBelow('/a', '/a')).toBe(0);
  expect(levelsBelow('/a/b/c', '/a')).toBe(2);
  expect(levelsBelow('/a', '/')).toBe(1);
  expect(levelsBelow('/ab', '/a')).toBeUndefined();
});
