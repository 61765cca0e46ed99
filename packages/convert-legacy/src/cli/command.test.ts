import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  ByteReader,
  byteSource,
  encodeXlHeader,
  MemorySink,
  verifyStream,
  xlHeaderFor,
} from '@xen-migration/stream-format';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertLegacyStream } from '../index.js';
import { batch, head, smallStream } from '../testing/small-stream.js';
import { parseArguments } from './arguments.js';

const BIN = fileURLToPath(new URL('../../bin/convert-legacy-stream.js', import.meta.url));
const stream = smallStream(16);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convert-legacy-'));
  writeFileSync(path('old'), stream);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);

interface Options {
  readonly stdio?: readonly ('pipe' | 'ignore' | number)[];
  readonly input?: Uint8Array;
  readonly env?: Record<string, string>;
}

function start(args: readonly string[], { stdio = ['pipe', 'pipe', 'pipe'], env }: Options = {}): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { stdio: [...stdio], env: { ...process.env, ...env } });
}

async function run(args: readonly string[], options: Options = {}) {
  const child = start(args, options);
  const texts: Buffer[][] = [[], []];
  child.stdout?.on('data', (part: Buffer) => texts[0]?.push(part));
  child.stderr?.on('data', (part: Buffer) => texts[1]?.push(part));
  child.stdin?.end(options.input);
  const [code] = (await once(child, 'close')) as [number | null];
  const [stdout = Buffer.alloc(0), stderr = Buffer.alloc(0)] = texts.map((parts) => Buffer.concat(parts));
  return { code, stdout, stderr: stderr.toString() };
}

async function wanted(format: 'libxc' | 'libxl'): Promise<Uint8Array> {
  const sink = new MemorySink();
  await convertLegacyStream(new ByteReader(byteSource(stream)), sink, { format });
  return sink.bytes();
}

const same = (name: string, bytes: Uint8Array) => Buffer.compare(readFileSync(path(name)), bytes) === 0;
const leftOvers = () => readdirSync(folder).filter((name) => name.includes('.part'));

describe('convert-legacy-stream', () => {
  it('converts a file to a private file, in place of an older one or not', async () => {
    expect(await run(['-i', path('old'), '-o', path('new'), '-f', 'libxl'])).toMatchObject({ code: 0, stderr: '' });
    expect(same('new', await wanted('libxl'))).toBe(true);
    expect(statSync(path('new')).mode & 0o777).toBe(0o600);
    chmodSync(path('new'), 0o644);
    symlinkSync('new', path('link'));
    expect(await run([`--in=${path('old')}`, '--out', path('link'), '-w64', '--guest', 'hvm'])).toMatchObject({
      code: 0,
    });
    expect(same('new', await wanted('libxc'))).toBe(true);
    expect(statSync(path('new')).mode & 0o777).toBe(0o600);
    expect(leftOvers()).toEqual([]);
  });

  it('leaves what is there when it fails, and says where and why', async () => {
    writeFileSync(path('new'), 'older');
    writeFileSync(path('old'), stream.subarray(0, 60_000));
    const { code, stderr } = await run(['-i', path('old'), '-o', path('new')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^convert-legacy-stream: offset 60000: legacy, chunk 3 \(pages\): the input ends, \d+ bytes more were expected \(/,
    );
    expect(readFileSync(path('new'), 'utf8')).toBe('older');
    expect(leftOvers()).toEqual([]);
  });

  it('is a filter between descriptors, of files from where they stand', async () => {
    const piped = await run(['--in', '0', '--out', '1', '-f', 'libxl', '-v'], { input: stream });
    expect(piped.code).toBe(0);
    expect(Buffer.compare(piped.stdout, await wanted('libxl'))).toBe(0);
    expect(piped.stderr).toContain('64-bit toolstack, HVM guest, p2m of 16 pages\n');
    writeFileSync(path('behind'), Buffer.concat([Buffer.from('header'), stream]));
    const fd = openSync(path('behind'), 'r');
    readSync(fd, Buffer.alloc(6), 0, 6, null);
    const out = openSync(path('new'), 'w');
    expect(await run(['-i', '3', '-o', '4'], { stdio: ['ignore', 'pipe', 'pipe', fd, out] })).toMatchObject({
      code: 0,
      stderr: '',
    });
    closeSync(fd);
    closeSync(out);
    expect(same('new', await wanted('libxc'))).toBe(true);
  });

  it('keeps the header of a save file, and marks it as version 2', async () => {
    const { mandatoryFlags, ...header } = xlHeaderFor('{"c_info":{"name":"old"}}\0');
    writeFileSync(
      path('old'),
      Buffer.concat([encodeXlHeader({ ...header, mandatoryFlags: mandatoryFlags & ~2 }), stream]),
    );
    expect(await run(['-x', '-f', 'libxl', '-i', path('old'), '-o', path('new')])).toMatchObject({ code: 0 });
    expect(same('new', Buffer.concat([encodeXlHeader({ ...header, mandatoryFlags }), await wanted('libxl')]))).toBe(
      true,
    );
    const { problems } = await verifyStream(new ByteReader(byteSource(readFileSync(path('new')))), { framing: 'xl' });
    expect(problems.filter(({ rule }) => rule !== 'hvm-context')).toEqual([]);
    const again = await run(['-x', '-f', 'libxl', '-i', path('new'), '-o', path('newer')]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('nothing is to be converted');
    expect((await run(['-i', path('old'), '-o', path('newer')])).stderr).toContain('(--xl)');
  });

  it('explains what it took the input for', async () => {
    const { code, stdout } = await run(['--explain', '-i', path('old')]);
    expect({ code, lines: stdout.toString().split('\n') }).toEqual({
      code: 0,
      lines: [
        '64-bit toolstack, HVM guest',
        '  width 64: bytes 4 to 7 are zero, as the upper half of the size of a p2m is',
        '  guest type hvm: no extended info, but a batch of 4 pages at byte 8',
        '',
      ],
    });
    const wrong = await run(['-w', '32', '-g', 'hvm', '-i', path('old'), '-o', path('new')]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('(it begins as the stream of a 64-bit toolstack and an HVM guest)');
  });

  it('warns of what follows the stream', async () => {
    writeFileSync(path('old'), Buffer.concat([stream, batch(0, 1)]));
    const { code, stderr } = await run(['-i', path('old'), '-o', path('new')]);
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`warning: .* at offset ${stream.length}, is left out; .*Remus`));
  });

  it('tells damage from what cannot be converted, and wrong usage', async () => {
    const remus = Buffer.concat([head(16), batch(0, 4), Buffer.from([0xf3, 0xff, 0xff, 0xff])]);
    const { code, stderr } = await run(['-i', '0', '-o', path('new')], { input: remus });
    expect(code).toBe(2);
    expect(stderr).toContain('chunk 1 (enable_compression): what follows is compressed by Remus');
    expect(await run(['-i', path('old')])).toMatchObject({ code: 1, stderr: expect.stringContaining('usage:') });
    expect(await run(['-w', '16', '-i', path('old'), '-o', path('new')])).toMatchObject({ code: 2 });
    expect(await run(['-i', path('absent'), '-o', path('new')])).toMatchObject({ code: 1 });
    expect(await run(['-i', path('old'), '-o', '99'])).toMatchObject({ code: 1 });
    expect(existsSync(path('new'))).toBe(false);
    expect((await run(['--version'])).stdout.toString()).toMatch(/^convert-legacy-stream \d+\.\d+\.\d+\n$/);
    expect((await run(['-h'])).stdout.toString()).toContain('--guest-type pv|hvm');
  });

  it('leaves nothing when it is ended', async () => {
    const child = start(['-i', '0', '-o', path('new')]);
    child.stdin?.write(stream.subarray(0, 50_000));
    while (leftOvers().length === 0) await sleep(20);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([null, 'SIGTERM']);
    expect(readdirSync(folder)).toEqual(['old']);
  });

  it('tells the system log', async () => {
    writeFileSync(path('logger'), `#!/bin/sh\necho "$*" >> ${path('log')}; cat >> ${path('log')}\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const { code, stdout, stderr } = await run(['--syslog', '-v', '-i', path('old'), '-o', path('new')], { env });
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    const log = readFileSync(path('log'), 'utf8');
    expect(log).toMatch(/^--tag convert-legacy-stream --id=\d+ --priority user.info\n/);
    expect(log).toContain('converted: ');
  });
});

describe('the arguments', () => {
  it('may be shortened while they are clear', () => {
    expect(parseArguments(['--gu', 'pv', '--fo=libxl', '--in', 'a', '--out', 'b'])).toMatchObject({
      'guest-type': 'pv',
      format: 'libxl',
    });
    expect(() => parseArguments(['--ve'])).toThrow('--ve may be --verbose or --version');
    expect(() => parseArguments(['--nonsense'])).toThrow("Unknown option '--nonsense'");
    expect(() => parseArguments(['-i', 'a', 'b'])).toThrow("unexpected argument 'b'");
  });
});
