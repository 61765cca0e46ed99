import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSink } from './file-sink.js';

let folder: string;
let fd: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-sink-'));
  fd = openSync(join(folder, 'file'), 'w');
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

it('writes any number of parts, empty ones among them, in their order', async () => {
  const sink = fileSink(fd);
  const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from(i % 7 === 0 ? '' : `${i},`));
  await sink.writev(parts);
  await sink.writev([]);
  await sink.writev([Buffer.from('end')]);
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(`${parts.join('')}end`);
});

it('lets others have their turn', async () => {
  const sink = fileSink(fd);
  const part = new Uint8Array(4 * 2 ** 20);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  for (let i = 0; i < 16; i++) await sink.writev([part]);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});
