import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, browserName } from '../cli/testing/browser.js';
import { run } from '../cli/testing/run.js';
import { loadStream, streamPath } from '../node/testing/streams.js';
import { editStream } from '../testing/edit-stream.js';

// The built page (dist/inspector.html) in a real browser.
const NAME = browserName();
const SKIPPED = NAME === undefined ? ' (skipped: no Chromium on this machine)' : '';
const LIVE = 'xen-4.17-hvm-live.wire.gz';
const PV32 = 'xen-4.17-pv32.save.gz';

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-inspector-'));
  if (NAME !== undefined) browser = await Browser.start(NAME);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function open(path: string): Promise<void> {
  browser.requests.length = 0;
  browser.complaints.length = 0;
  await browser.call('Page.navigate', { url: pathToFileURL(path).href });
}

/** How many pixels of the pictures have each colour, the clear ones left out. */
const COLOURS = `(() => {
  const counts = {};
  for (const canvas of document.querySelectorAll('canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] === 0) continue;
      const colour = 'rgb(' + data[i] + ', ' + data[i + 1] + ', ' + data[i + 2] + ')';
      counts[colour] = (counts[colour] ?? 0) + 1;
    }
  }
  return counts;
})()`;

/** Text and colour of the legend. */
const LEGEND = `Object.fromEntries([...document.querySelectorAll('.legend li')].map((entry) =>
  [entry.textContent, entry.querySelector('.swatch').style.background]))`;

/** Pages by what the legend calls them. */
async function pictured(mode: string): Promise<Record<string, number>> {
  await browser.evaluate(`document.querySelector('input[value="${mode}"]').click()`);
  const legend = (await browser.evaluate(LEGEND)) as Record<string, string>;
  const colours = (await browser.evaluate(COLOURS)) as Record<string, number>;
  return Object.fromEntries(Object.entries(legend).map(([text, colour]) => [text, colours[colour] ?? 0]));
}

describe('xen-stream inspect --html', () => {
  it.skipIf(NAME === undefined)(`shows memory, passes and tables${SKIPPED}`, async () => {
    const page = join(folder, 'live.html');
    expect(await run('inspect', streamPath(LIVE), '--html', page)).toEqual({ code: 0, out: '', err: '' });
    await open(page);
    await browser.until(`document.querySelector('canvas')`);
    expect(await pictured('page types')).toEqual({ 'NOTAB, ordinary memory': 10236 });
    expect(await pictured('zero pages')).toEqual({ contents: 160, 'nothing but zeros': 10076 });
    expect(await pictured('sent again')).toEqual({ 'sent once': 10232, 'sent again, last in pass 3': 4 });
    const text = String(await browser.evaluate('document.body.innerText'));
    for (const shown of ['hvm2', '03392644-a0aa-4d15-9f71-0cb544a19ebc', 'PAGE_DATA', 'CONSOLE_PFN', '0xb7b9']) {
      expect(text).toContain(shown);
    }
    expect(await browser.evaluate(`document.querySelectorAll('.passes li').length`)).toBe(3);
    expect(browser.requests).toEqual([pathToFileURL(page).href]);
    expect(browser.complaints).toEqual([]);
  });

  it.skipIf(NAME === undefined)(`says of a page what it is${SKIPPED}`, async () => {
    const page = join(folder, 'pv32.html');
    await run('inspect', streamPath(PV32), '--html', page);
    await open(page);
    await browser.until(`document.querySelector('canvas')`);
    // vcpu 0's top page table: in row 0, pfn 0x10d or the one that inspect names.
    const { out } = await run('inspect', streamPath(PV32), '--json');
    const pfn = (JSON.parse(out) as { vcpus: { cr3Pfn: number }[] }).vcpus[0]?.cr3Pfn ?? 0;
    const [x, y] = (await browser.evaluate(`(() => {
      const canvas = document.querySelector('canvas');
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const row = Math.floor(${pfn} / 512);
      return [left + (${pfn} % 512 + 0.5) / 512 * width, top + (row + 0.5) / canvas.height * height];
    })()`)) as [number, number];
    await browser.call('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    const wanted = `pfn 0x${pfn.toString(16)}: L3TAB_PINNED, page table of level 3, pinned, contents, sent once`;
    await browser.until(`document.querySelector('.pointed').textContent === ${JSON.stringify(wanted)}`);
  });

  it.skipIf(NAME === undefined)(`takes nothing of a stream for markup${SKIPPED}`, async () => {
    const [stream, page] = [join(folder, 'evil'), join(folder, 'evil.html')];
    const name = '</script><img src=x onerror=alert(1)><b>';
    const config = (text: string) => text.replace('"pv32"', JSON.stringify(name));
    writeFileSync(stream, await editStream(loadStream(PV32), { config }));
    await run('inspect', stream, '--html', page);
    expect(readFileSync(page, 'utf8')).not.toContain(name);
    await open(page);
    await browser.until(`document.querySelector('canvas')`);
    expect(await browser.evaluate('document.body.innerText')).toContain(name);
    expect(await browser.evaluate(`document.querySelectorAll('img, b').length`)).toBe(0);
    expect(browser.complaints).toEqual([]);
  });
});

describe('xen-stream inspector', () => {
  it.skipIf(NAME === undefined)(`shows files that are dropped on it, and sends nothing${SKIPPED}`, async () => {
    const page = join(folder, 'inspector.html');
    expect(await run('inspector', page)).toEqual({ code: 0, out: '', err: '' });
    await open(page);
    await browser.until(`document.querySelector('.drop')`);
    await browser.drop('.drop', streamPath(LIVE));
    await browser.until(`document.querySelector('canvas')`);
    expect(await pictured('sent again')).toEqual({ 'sent once': 10232, 'sent again, last in pass 3': 4 });

    const cut = join(folder, 'cut.save');
    writeFileSync(cut, loadStream(PV32).subarray(0, 1_000_000));
    await browser.drop('.drop', cut);
    await browser.until(`document.querySelector('[role=status]').classList.contains('error')`);
    expect(await browser.evaluate(`document.querySelector('[role=status]').textContent`)).toMatch(
      /^cut\.save: offset 1000000: libxc, record \d+ \(PAGE_DATA\): the input ends/,
    );
    expect(await browser.evaluate(`document.querySelectorAll('canvas').length`)).toBe(0);

    const whole = join(folder, 'whole.save');
    writeFileSync(whole, loadStream(PV32));
    await browser.drop('.drop', whole);
    await browser.until(`document.querySelector('canvas')`);
    expect(await browser.evaluate('document.title')).toBe('whole.save - xen-stream inspector');
    expect(browser.requests).toEqual([pathToFileURL(page).href]);
    expect(browser.complaints).toEqual([]);
  });

  it.skipIf(NAME === undefined)(`has no leave to open a connection${SKIPPED}`, async () => {
    await open(join(folder, 'inspector.html'));
    await browser.until(`document.querySelector('.drop')`);
    const tried = await browser.evaluate(`fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => String(error))`);
    expect(tried).toMatch(/TypeError/);
    expect(browser.complaints.join()).toMatch(/Content Security Policy/);
  });
});
