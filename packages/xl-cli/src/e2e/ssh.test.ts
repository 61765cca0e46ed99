import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SSHD, Sshd } from '../testing/sshd.js';
import { XlHost } from '../testing/xl-process.js';

if (SSHD === undefined)
  console.warn('skipped: migrations by ssh (no sshd: install openssh-server, or set XL_TEST_SSHD)');

describe.skipIf(SSHD === undefined)('two hosts and sshd', () => {
  const a = new XlHost();
  const b = new XlHost();
  let toA: Sshd;
  let toB: Sshd;

  beforeAll(async () => {
    toB = await Sshd.start(a, b, 'b');
    toA = await Sshd.start(b, a, 'a');
  });
  afterAll(async () => {
    toA?.stop();
    toB?.stop();
    await Promise.all([a.close(), b.close()]);
  });

  it('migrate both ways: plainly, compressed over four connections with a limit; and check before', {
    timeout: 120_000,
  }, async () => {
    await a.create('vm', { vcpus: 2, memory: 32 });
    await a.works('vm');
    const check = await a.succeed('migrate', '--check', '-s', toB.command, 'vm', 'b');
    expect(check.stdout).toMatch(/^vm can be migrated to b\.\n$/m);
    const plain = await a.succeed('migrate', '-e', '-s', toB.command, 'vm', 'b');
    expect(plain.stderr).toContain('migration target: Domain started successsfully.\n');
    expect(await a.list()).toEqual([]);
    await b.works('vm');
    const report = join(b.files, 'report.json');
    const options = ['--compress', '--streams', '4', '--bandwidth', '100', '--report', report];
    const { stderr } = await b.succeed('migrate', '-e', ...options, '-s', toA.command, 'vm', 'a');
    expect(stderr).toMatch(/Migration successful\.\n$/);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ outcome: 'migrated', link: { takenUpAgain: 0 } });
    expect(await b.list()).toEqual([]);
    await a.works('vm');
  });
});
