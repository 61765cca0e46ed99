import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RemoteShell } from '../testing/remote-shell.js';
import { XL, XlHost } from '../testing/xl-process.js';

const a = new XlHost();
const b = new XlHost();
const toB = new RemoteShell(a, b);
beforeAll(() => a.create('vm'));
afterAll(() => Promise.all([a.close(), b.close()]));

const check = (...options: string[]) => a.run('migrate', '--check', ...options, '-s', toB.command, 'vm', 'b');

describe('xl migrate --check', () => {
  it('says what it would take, and changes nothing', async () => {
    const { code, stdout, stderr } = await check();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^target {4}xen-migration \S+ on \S+, Xen 4\.\d+\S*, [\d.]+ \wiB free\n/);
    expect(stdout).toMatch(
      /^writes {4}\d+ pages\/s\nlink {6}[\d.]+ \wi?B\/s, [\d.]+ ms there and back\nexpected {2}.* of downtime, \d passes\n/m,
    );
    expect(stdout).toMatch(/^vm can be migrated to b\.\n$/m);
    expect(await b.list()).toEqual([]);
    await a.works('vm');
  });

  it('ends with 1 where something stands in the way, as JSON too', async () => {
    await b.create('vm');
    const { code, stdout } = await check('--json', '--downtime', '50', '--bandwidth', '100');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      check: 1,
      domain: 'vm',
      target: 'b',
      possible: false,
      toolstack: { name: 'xen-migration' },
      findings: [{ severity: 'problem', about: 'name' }],
      estimate: { passes: expect.any(Number) },
    });
    await b.destroyAll();
  });

  it('knows a stock target from our own, and a host without xl from both', async () => {
    const stock = join(a.files, 'stock.sh');
    // HOST xl info; HOST SCRIPT
    const answers = `case "$3" in info) exec '${process.execPath}' '${XL}' info;; '') exec sh -c "$2";; esac; exit 2`;
    writeFileSync(stock, `#!/bin/sh\n${answers}\n`, { mode: 0o700 });
    const { code, stdout } = await a.run('migrate', '--check', '-s', stock, 'vm', 'b');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^target {4}another toolstack, Xen 4\.17, [\d.]+ MiB free$/m);
    expect(stdout).toMatch(/^warning {3}cpu: a stock xl tells the basic features of its CPU only/m);
    expect(stdout).toMatch(/^link {6}[\d.]+ \wi?B\/s, .*\nexpected {2}.* of downtime, \d passes$/m);
    expect(await a.run('migrate', '--check', '-s', 'exit 127; :', 'vm', 'b')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no xl at the target that answers'),
    });
    toB.setDown(true);
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining("the target can't be reached") });
    toB.setDown(false);
  });
});
