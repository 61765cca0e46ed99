import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from './commands/index.js';
import { reference } from './reference.js';

const PAGE = new URL('../../docs/xl.md', import.meta.url);

it('docs/xl.md is what the commands declare (UPDATE_DOCS=1 writes it)', async () => {
  const specs = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec));
  const text = reference(specs);
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(new URL('.', PAGE), { recursive: true });
    writeFileSync(PAGE, text);
  }
  expect(readFileSync(PAGE, 'utf8')).toBe(text);
});
