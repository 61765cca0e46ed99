import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { root } from '../workspace.js';
import { brokenLinks, keptFiles } from './links.js';

it("the repository's pages link to files and headings that exist", () => {
  const files = keptFiles(root);
  for (const page of ['README.md', 'packages/libxl/docs/link.md']) expect(files).toContain(page);
  expect(brokenLinks(root, files)).toEqual([]);
});

describe('a link', () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true }));

  function broken(pages: Record<string, string>): string[] {
    folder = mkdtempSync(join(tmpdir(), 'links-'));
    for (const [path, text] of Object.entries(pages)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return brokenLinks(folder, Object.keys(pages));
  }

  it('may lead to a file, a folder, a heading, out of the repository', () => {
    const links = [
      '[a](b/c.md) [a](b/c.md#two-words) ![a](b/p%20q.png) [a](b) [a](b/) [a](#own-code--it) [a](.)',
      '[a](https://example.org/x) [a](mailto:a@example.org) `[a](nowhere.md)` [a](b/c.md#two-words-1)',
    ];
    const c = '# Two words\n\n[up](../README.md)\n\nTwo words\n---------\n';
    const page = `# Own \`code\`: & it\n\n${links.join('\n')}\n`;
    expect(broken({ 'README.md': page, 'b/c.md': c, 'b/p q.png': '' })).toEqual([]);
  });

  it('may not lead elsewhere', () => {
    const page = [
      '# A',
      '',
      '| [a](gone.md) | ![a](gone.png) |',
      '|---|---|',
      '| [a](b.md#gone) | [a](../outside.md) |',
      '',
      '[a]: /README.md',
      'text [a] and [a](b.ts#L1)',
    ];
    expect(broken({ 'README.md': page.join('\n'), 'b.md': '# B\n', 'b.ts': '' })).toEqual([
      'README.md:3: gone.md: there is no such file or folder',
      'README.md:3: gone.png: there is no such file or folder',
      'README.md:5: b.md#gone: b.md has no such heading',
      'README.md:5: ../outside.md: there is no such file or folder',
      'README.md:8: /README.md: there is no such file or folder',
      'README.md:8: b.ts#L1: b.ts has no such heading',
    ]);
  });
});
