import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Browser, browserName } from '../../../stream-format/src/cli/testing/browser.js';
import { isWell, junitOf, type MatrixReport, REPORT_FILES, TerminalTable, writeReport } from './index.js';

const NAME = browserName();
const SKIPPED = NAME === undefined ? ' (skipped: no Chromium on this machine)' : '';
const EVIL = '</pre><script>document.title = "taken"</script><b>&\u001b[31m';

const folder = mkdtempSync(join(tmpdir(), 'matrix-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kept = join(folder, 'kept stream #1.save');
const report: MatrixReport = {
  name: 'embedded matrix',
  host: 'embedded',
  began: '2026-01-02T03:04:05.678Z',
  seconds: 12.5,
  seed: 7,
  command: 'xen-test-matrix --seed 7',
  results: [
    { guest: 'pv32', operation: 'save and restore', outcome: 'ok', seconds: 1.25 },
    { guest: 'hvm', deviceModel: 'qemu-upstream', operation: 'save and restore', outcome: 'ok', seconds: 3 },
    {
      guest: 'pv32',
      operation: 'save and restore',
      variant: 'disk full',
      outcome: 'failed',
      why: `it lost <a> "page" ${EVIL}`,
      seconds: 2,
      log: `$ xl save vm file\n${EVIL}`,
      kept: [kept],
      command: 'xen-test-matrix --guest pv32 --seed 7',
    },
    {
      guest: 'hvm',
      deviceModel: 'qemu-upstream',
      operation: 'save and restore',
      variant: 'disk full',
      outcome: 'skipped',
      why: 'no QEMU here',
    },
    { guest: 'pv32', operation: 'migrate', outcome: 'missing', why: 'the run ended before it' },
  ],
  figures: [{ guest: 'pv32', name: 'start-up', seconds: 0.5 }],
};

describe('a report', () => {
  it('is well where all is ok or says why it was not run', () => {
    expect(isWell(report)).toBe(false);
    const [first, , , skipped] = report.results;
    expect(isWell({ ...report, results: [first!, skipped!] })).toBe(true);
  });

  it('on a terminal: a row appears when it is whole, failures at once, reasons at the end', () => {
    let text = '';
    const table = new TerminalTable(report.results, { write: (part) => (text += part) });
    expect(text).toMatch(/^ +pv32 +hvm qemu-upstream\n$/);
    const [a, b, ...others] = report.results;
    table.end(b!);
    expect(text.split('\n')).toHaveLength(2);
    table.end(a!);
    expect(text.split('\n')[1]).toMatch(/^save and restore +ok 1\.3 s +ok 3\.0 s$/);
    for (const result of others) table.end(result);
    table.close();
    expect(text).toMatch(/\nsave and restore: disk full +FAILED 2\.0 s +skipped\n/);
    expect(text).toMatch(/\nmigrate +missing +-\n/);
    expect(text).toContain(`kept: ${kept}\n        again: xen-test-matrix --guest pv32 --seed 7\n`);
    expect(text).toContain('skipped: no QEMU here\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe('2 ok, 1 failed, 1 skipped, 1 missing');
  });

  it('as JUnit counts each kind, and writes only what XML can', () => {
    const xml = junitOf(report);
    expect(xml).toContain('tests="5" failures="1" errors="1" skipped="1" time="12.500"');
    expect(xml).toContain('<property name="seed" value="7"/>');
    expect(xml).toContain('classname="embedded.hvm.qemu-upstream" name="save and restore" time="3.000"></testcase>');
    expect(xml).toContain('it lost &lt;a&gt; &quot;page&quot;');
    expect(xml).not.toContain('\u001b');
    expect(xml).not.toContain('<script');
  });

  it('as JSON is all that is known', () => {
    writeReport(folder, report);
    expect(JSON.parse(readFileSync(join(folder, REPORT_FILES.json), 'utf8'))).toEqual(report);
  });
});

describe('the page, in a browser,', () => {
  it.skipIf(NAME === undefined)(
    `shows the matrix and each failure, and takes nothing for markup${SKIPPED}`,
    async () => {
      const page = pathToFileURL(writeReport(folder, report)).href;
      const browser = await Browser.start(NAME!);
      try {
        await browser.call('Page.navigate', { url: page });
        await browser.until(`document.querySelector('.times')`);
        expect(await browser.evaluate('document.title')).toBe('embedded matrix: 2 ok, 1 failed, 1 skipped, 1 missing');
        const rows = `[...document.querySelectorAll('.matrix tr')].map((row) => [...row.children].map((it) => it.innerText))`;
        expect(await browser.evaluate(rows)).toEqual([
          ['', 'pv32', 'hvm qemu-upstream'],
          ['save and restore', 'ok 1.3 s', 'ok 3.0 s'],
          ['save and restore: disk full', 'failed 2.0 s', 'skipped'],
          ['migrate', 'missing', '-'],
        ]);
        // Colours tell outcomes apart.
        const colours = `[...document.querySelectorAll('.matrix td')].slice(1).map((it) => getComputedStyle(it).backgroundColor)`;
        expect(new Set((await browser.evaluate(colours)) as string[]).size).toBe(5);
        await browser.evaluate(`document.querySelector('.matrix td.failed a').click()`);
        const told = `document.querySelector(location.hash)`;
        expect(await browser.evaluate(`${told}.innerText`)).toContain('again: xen-test-matrix --guest pv32 --seed 7');
        expect(await browser.evaluate(`${told}.querySelector('.kept a').href`)).toBe(pathToFileURL(kept).href);
        const log = String(await browser.evaluate(`${told}.querySelector('pre').textContent`));
        expect(log).toBe(`$ xl save vm file\n${EVIL.replace('\u001b', '\\x1b')}`);
        expect(await browser.evaluate(`document.querySelectorAll('script, b').length`)).toBe(0);
        const seen = `document.querySelector('.matrix').getBoundingClientRect().width > 300`;
        expect(await browser.evaluate(seen)).toBe(true);
        expect(browser.requests.filter((url) => !url.startsWith(page))).toEqual([]);
        expect(browser.complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );
});
