import { describe, expect, it } from 'vitest';
import { problemOf, readmeExample } from './install-alone.js';

describe('what came of an installation', () => {
  const well = { installed: ['@a/b', 'c'], declared: ['@a/b', 'c', 'optional'], output: 'said\n' };

  it('is well when all is declared and the example says something', () => {
    expect(problemOf(well)).toBeUndefined();
  });

  it('is not when something came that nobody declares, or the example is silent', () => {
    expect(problemOf({ ...well, declared: ['@a/b'] })).toBe('brings what nobody declares: c');
    expect(problemOf({ ...well, output: '\n' })).toBe('the example of its README says nothing');
  });
});

it('the example of a README is its first block of JavaScript', () => {
  expect(readmeExample('# A\n\n```\nnot this\n```\n\n```js\nthis();\n```\n\n```js\nnor this\n```\n')).toBe('this();\n');
  expect(() => readmeExample('# A\n')).toThrow('the README has no example');
});
