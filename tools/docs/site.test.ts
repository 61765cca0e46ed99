import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, browserName } from '../../packages/stream-format/src/cli/testing/browser.js';
import { workspacePackages } from '../workspace.js';
import { buildSite } from './site.js';
import { brokenSiteLinks } from './site-links.js';

const NAME = browserName();
const SKIPPED = NAME === undefined ? ' (skipped: no Chromium on this machine)' : '';
const folder = mkdtempSync(join(tmpdir(), 'docs-site-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the site', () => {
  const site = join(folder, 'site');
  let complaints: readonly string[];
  let files: string[];
  beforeAll(async () => {
    complaints = await buildSite(site);
    files = readdirSync(site, { recursive: true, encoding: 'utf8' });
  }, 600_000);

  it('is built without a complaint, and every link in it leads somewhere', () => {
    expect(complaints).toEqual([]);
    expect(brokenSiteLinks(site)).toEqual([]);
  });

  it('has the tutorials, the pages that are made from declarations, and each entry point of each package', () => {
    expect(files).toContain('documents/Read_a_save_file_in_ten_lines.html');
    expect(files).toContain('documents/_xen-migration_stream-format.Format_reference.html');
    expect(files).toContain('documents/_xen-migration_xl-cli.xl,_command_by_command.html');
    for (const { name, manifest } of workspacePackages()) {
      expect(files).toContain(`modules/_xen-migration_${name}.html`);
      const entries = Object.keys(manifest.exports ?? {}).filter((entry) => entry !== './package.json');
      for (const entry of entries) {
        const page = entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '_');
        expect(files).toContain(`modules/_xen-migration_${name}.${page}.html`);
      }
    }
  });

  it.skipIf(NAME === undefined)(
    `works in a browser, without a server or a network${SKIPPED}`,
    { timeout: 300_000 },
    async () => {
      const browser = await Browser.start(NAME ?? '');
      try {
        await browser.call('Page.navigate', { url: pathToFileURL(join(site, 'index.html')).href });
        await browser.until(`document.querySelectorAll('.tsd-navigation a').length > 10`);
        const hrefs = await browser.evaluate(`[...document.querySelectorAll('.tsd-navigation a')].map((a) => a.href)`);
        for (const href of hrefs as string[])
          expect(files).toContain(fileURLToPath(href.replace(/#.*/, '')).slice(site.length + 1));
        await browser.evaluate(`document.querySelector('#tsd-search-trigger').click()`);
        await browser.until(`window.searchData && document.querySelector('#tsd-search-input')`);
        // It searches when nobody has typed for a moment; what is typed before it is ready is not looked at.
        await browser.until(`(() => {
        if (Date.now() - (window.typedAt ?? 0) > 2000) {
          window.typedAt = Date.now();
          const input = document.querySelector('#tsd-search-input');
          input.value = 'legacyToV2';
          input.dispatchEvent(new Event('input'));
        }
        return document.querySelector('#tsd-search-results').textContent.includes('legacyToV2');
      })()`);
        for (const url of browser.requests) expect(url).toMatch(/^(file|data):/);
        // Icons are asked for by file first, which a browser does not allow here; icons.js then puts them into the page.
        expect(browser.complaints.filter((text) => !text.includes('assets/icons.svg'))).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );
});

describe('a page', () => {
  it('refers to what is there', () => {
    const pages = {
      'index.html': `<h1 id="a&amp;b">x</h1><a href="#a&amp;b">a</a><a class="x" href="sub/p%20q.html#there">p</a><a href="sub/gone.html">g</a>
        <a href="https://example.org/">e</a><a href="#gone">g</a><script src="assets/main.js" async></script><a href="p.txt#x">p</a>`,
      'sub/p q.html': `<p id="there"><a href="../index.html">i</a><a href="../index.html#gone">i</a><img src="https://example.org/a.png">
        <link rel="stylesheet" href="//example.org/a.css"><a href="../../outside.html">o</a> &lt;a href=&quot;code&quot;&gt;`,
      'assets/main.js': '<a href="no page">',
      'p.txt': '',
    };
    for (const [path, text] of Object.entries(pages)) {
      mkdirSync(dirname(join(folder, 'made', path)), { recursive: true });
      writeFileSync(join(folder, 'made', path), text);
    }
    expect(brokenSiteLinks(join(folder, 'made')).sort()).toEqual([
      'index.html: index.html has no gone',
      'index.html: there is no sub/gone.html',
      'sub/p q.html: //example.org/a.css is fetched from elsewhere',
      'sub/p q.html: https://example.org/a.png is fetched from elsewhere',
      'sub/p q.html: index.html has no gone',
      'sub/p q.html: there is no ../../outside.html',
    ]);
  });
});
