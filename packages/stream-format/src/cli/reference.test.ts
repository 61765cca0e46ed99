import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandReference } from './reference.js';

it('docs/xen-stream.md is what the commands declare now', () => {
  const page = readFileSync(new URL('../../docs/xen-stream.md', import.meta.url), 'utf8');
  expect(page).toBe(commandReference());
});
