import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ByteReader } from '../../bytes/byte-reader.js';
import { MemorySink } from '../../bytes/byte-sink.js';
import { byteSource } from '../../bytes/byte-source.js';
import { hasPageData, PAGE_TYPE } from '../../libxc/page-types.js';
import { LibxcWriter } from '../../libxc/writer.js';
import { absent, KEPT, loadStream, PV64, PV64_LIVE, streamPath } from '../../node/testing/streams.js';
import { streamEvents } from '../../stream/events.js';
import { run } from '../testing/run.js';

const PAGE = 4096;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-pages-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The guest's memory put together page by page, without the code under test. */
async function memoryOf(stream: Uint8Array): Promise<Map<number, Uint8Array>> {
  const memory = new Map<number, Uint8Array>();
  for await (const event of streamEvents(new ByteReader(byteSource(stream)))) {
    if (event.kind !== 'libxc-record' || event.record.type !== 'PAGE_DATA') continue;
    const { pfns, types, body } = event.record;
    for (const [i, type] of types.entries()) {
      if (!hasPageData(type)) memory.delete(pfns[i] ?? 0);
      else memory.set(pfns[i] ?? 0, ((await body.next()) ?? new Uint8Array(0)).slice());
    }
  }
  return memory;
}

function expectMemory(image: Uint8Array, memory: ReadonlyMap<number, Uint8Array>): void {
  const zeros = new Uint8Array(PAGE);
  const wrong: number[] = [];
  for (let pfn = 0; pfn < image.length / PAGE; pfn++) {
    const found = image.subarray(pfn * PAGE, (pfn + 1) * PAGE);
    if (Buffer.compare(found, memory.get(pfn) ?? zeros) !== 0) wrong.push(pfn);
  }
  expect(wrong).toEqual([]);
  expect(image.length).toBe((Math.max(...memory.keys()) + 1) * PAGE);
}

describe('xen-stream pages, raw', () => {
  for (const name of ['xen-4.17-pv32.save.gz', PV64, PV64_LIVE]) {
    it.skipIf(absent(name) !== '')(`${name} page by page${absent(name)}`, async () => {
      const out = join(folder, 'image');
      const { code } = await run('pages', streamPath(name), '--out', out);
      expect(code).toBe(0);
      expectMemory(readFileSync(out), await memoryOf(loadStream(name)));
      expect(statSync(out).mode & 0o777).toBe(0o600);
    });
  }

  it('keeps the hole of an HVM guest a hole', async () => {
    const out = join(folder, 'image');
    const { out: report } = await run('pages', streamPath('xen-4.17-hvm.save.gz'), '-o', out, '--json');
    const { size, blocks } = statSync(out);
    expect(size).toBe(0xff000 * PAGE);
    expect(blocks * 512).toBeLessThan(6140 * PAGE);
    expect(JSON.parse(report)).toMatchObject({ format: 'raw', size, pages: 6140 });
  });

  it('pages that become zero, or go away, are zero in the image', async () => {
    const sink = new MemorySink();
    const writer = new LibxcWriter(sink);
    const page = (byte: number) => new Uint8Array(PAGE).fill(byte);
    const { NOTAB, XTAB, XALLOC } = PAGE_TYPE;
    await writer.headers({ version: 3, endian: 'little', guestType: 'hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 });
    await writer.record({ type: 'STATIC_DATA_END' });
    await writer.pageData([1, 2, 3, 4, 5], [NOTAB, NOTAB, NOTAB, NOTAB, NOTAB], [1, 2, 3, 4, 5].map(page));
    await writer.pageData([1, 2, 3, 4], [NOTAB, XTAB, XALLOC, NOTAB], [page(0), page(9)]);
    await writer.pageData([2], [NOTAB], [page(7)]);
    await writer.record({ type: 'END' });
    const stream = join(folder, 'stream');
    writeFileSync(stream, sink.bytes());
    const out = join(folder, 'image');
    expect((await run('pages', stream, '--out', out)).code).toBe(0);
    expect([0, 1, 2, 3, 4, 5].map((pfn) => readFileSync(out)[pfn * PAGE])).toEqual([0, 0, 7, 0, 9, 5]);
  });

  it('a stream that breaks off leaves no image', async () => {
    const cut = join(folder, 'cut');
    writeFileSync(cut, loadStream('xen-4.17-pv32.save.gz').subarray(0, 1_000_000));
    const { code, err } = await run('pages', cut, '--out', join(folder, 'image'));
    expect(code).toBe(1);
    expect(err).toContain('offset 1000000');
    expect(readdirSync(folder)).toEqual(['cut']);
  });
});

/** Whether a program that a test wants is on this machine. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const GDB = has('gdb') ? '' : ' (skipped: no gdb on this machine)';

describe('xen-stream pages, elf', () => {
  it.skipIf(GDB !== '').each(KEPT.filter((name) => !name.startsWith('broken')))(
    `%s: gdb shows registers and memory${GDB}`,
    async (name) => {
      const out = join(folder, 'core');
      expect((await run('pages', streamPath(name), '--out', out, '--format', 'elf')).code).toBe(0);
      const memory = await memoryOf(loadStream(name));
      const pfn = [...memory].find(([, page]) => page[0x123] !== 0)?.[0] ?? 0;
      const address = pfn * PAGE + 0x123;
      const commands = ['info registers rip rsp', `x/4xb ${address}`].flatMap((command) => ['-ex', command]);
      const shown = execFileSync('gdb', ['-nx', '-batch', '-c', out, ...commands], { encoding: 'utf8', stdio: 'pipe' });
      const { out: inspection } = await run('inspect', streamPath(name), '--json');
      const [vcpu] = (JSON.parse(inspection) as { vcpus: { rip: string; rsp: string }[] }).vcpus;
      expect(shown).toMatch(new RegExp(`^rip +${vcpu?.rip}\\b`, 'm'));
      expect(shown).toMatch(new RegExp(`^rsp +${vcpu?.rsp}\\b`, 'm'));
      const bytes = [...(memory.get(pfn) ?? new Uint8Array(0)).subarray(0x123, 0x127)];
      expect(shown).toContain(bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join('\t'));
    },
  );

  it.skipIf(absent(PV64_LIVE) !== '' || GDB !== '')(`two vcpus are two threads${absent(PV64_LIVE)}${GDB}`, async () => {
    const out = join(folder, 'core');
    expect((await run('pages', streamPath(PV64_LIVE), '--out', out, '--format', 'elf')).code).toBe(0);
    const shown = execFileSync('gdb', ['-nx', '-batch', '-c', out, '-ex', 'info threads'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(shown).toMatch(/1 +LWP 1 +0xffffffff81a442b5[\s\S]*2 +LWP 2 +0xffffffff81192872/);
  });
});
