import { expect, it } from 'vitest';
import type { Package } from '../workspace.js';
import { oldestSupported } from './node-versions.js';

const needs = (node: string): Package => ({
  name: node,
  folder: '',
  manifest: { name: node, version: '1.0.0', engines: { node } },
});

it('the oldest Node is the one that all packages name', () => {
  expect(oldestSupported([needs('>=20'), needs('>=20')])).toBe('20.0.0');
  expect(oldestSupported([needs('^20.17.0 || >=22')])).toBe('20.17.0');
  expect(() => oldestSupported([needs('>=20'), needs('>=22')])).toThrow('packages differ in engines.node');
});
