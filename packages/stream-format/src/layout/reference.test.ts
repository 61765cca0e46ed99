import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatReference } from './reference.js';

it('docs/format-reference.md is what the layouts say now', () => {
  const page = readFileSync(new URL('../../docs/format-reference.md', import.meta.url), 'utf8');
  expect(page).toBe(formatReference());
});
