import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { diffReference } from './diff-reference.js';

it('docs/diff.md is what the list of host-bound fields says now', () => {
  const page = readFileSync(new URL('../../docs/diff.md', import.meta.url), 'utf8');
  expect(page).toBe(diffReference());
});
