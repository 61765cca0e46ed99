import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { absent, KEPT, LARGER, loadStream, streamPath } from '../../node/testing/streams.js';
import { run } from '../testing/run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-copy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

describe('xen-stream copy', () => {
  it.each(KEPT)('%s: the identical bytes, private', async (name) => {
    const out = join(folder, 'copy');
    const { code } = await run('copy', streamPath(name), out);
    expect(code).toBe(0);
    expect(sha256(readFileSync(out))).toBe(sha256(loadStream(name)));
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['copy']);
  });

  it.skipIf(absent(LARGER[0]) !== '').each(LARGER)(`%s: the identical bytes${absent(LARGER[0])}`, async (name) => {
    const out = join(folder, 'copy');
    expect((await run('copy', streamPath(name), out)).code).toBe(0);
    expect(sha256(readFileSync(out))).toBe(sha256(loadStream(name)));
  });

  it('a stream that breaks off: 1, the offset, and what was there before stays', async () => {
    const [cut, out] = [join(folder, 'cut'), join(folder, 'out')];
    writeFileSync(cut, loadStream('xen-4.17-pv32.save.gz').subarray(0, 1_000_000));
    writeFileSync(out, 'before');
    const { code, err } = await run('copy', cut, out);
    expect(code).toBe(1);
    expect(err).toMatch(/cut: offset 1000000: libxc, record \d+ \(PAGE_DATA\): the input ends, .*PAGE_DATA\)/);
    expect(readFileSync(out, 'utf8')).toBe('before');
    expect(readdirSync(folder).sort()).toEqual(['cut', 'out']);
  });

  it('a full disk or a folder that takes no file: 2, and nothing is left', async () => {
    const { code, err } = await run('copy', streamPath('xen-4.17-pv32.save.gz'), join(folder, 'no', 'such', 'out'));
    expect(code).toBe(2);
    expect(err).toMatch(/out: ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes to a device as it is, and says when it is full', async () => {
    expect(await run('copy', streamPath('xen-4.17-pv32.save.gz'), '/dev/null')).toMatchObject({ code: 0 });
    const { code, err } = await run('copy', streamPath('xen-4.17-pv32.save.gz'), '/dev/full');
    expect(code).toBe(2);
    expect(err).toMatch(/\/dev\/full: ENOSPC/);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('replaces the file that a link leads to, not the link', async () => {
    const [real, link] = [join(folder, 'real'), join(folder, 'link')];
    writeFileSync(real, 'before');
    chmodSync(real, 0o644);
    symlinkSync(real, link);
    expect((await run('copy', streamPath('xen-4.17-pv32.save.gz'), link, '--json')).code).toBe(0);
    expect(statSync(real).size).toBe(8414296);
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });
});
