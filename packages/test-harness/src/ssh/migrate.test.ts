import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Report, runsOnlyOn, sshdOrWarning, startTwoHosts, type TwoHosts } from './two-hosts.js';

const found = sshdOrWarning();

describe.skipIf(found === undefined)('two hosts and sshd', () => {
  let hosts: TwoHosts;
  beforeAll(async () => {
    if (found !== undefined) hosts = await startTwoHosts(found);
  });
  afterEach(() => hosts.destroyAll());
  afterAll(() => hosts?.close());

  it('migrate both ways: plainly, compressed over four connections with a limit; and check before', {
    timeout: 120_000,
  }, async () => {
    const { a, b, toA, toB } = hosts;
    await a.create('vm', { vcpus: 2 });
    await a.works('vm');
    const check = await a.succeed('migrate', '--check', '-s', toB.command, 'vm', 'b');
    expect(check.stdout).toMatch(/^vm can be migrated to b\.\n$/m);
    const plain = await a.succeed('migrate', '-e', '-s', toB.command, 'vm', 'b');
    expect(plain.stderr).toContain('migration target: Domain started successsfully.\n');
    await runsOnlyOn(b, a);
    const report = join(b.files, 'report.json');
    const options = ['--compress', '--streams', '4', '--bandwidth', '100', '--report', report];
    const { stderr } = await b.succeed('migrate', '-e', ...options, '-s', toA.command, 'vm', 'a');
    expect(stderr).toMatch(/Migration successful\.\n$/);
    const { outcome, link } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    expect({ outcome, takenUpAgain: link.takenUpAgain }).toEqual({ outcome: 'migrated', takenUpAgain: 0 });
    expect(link.wireBytes).toBeLessThan(link.rawBytes);
    await runsOnlyOn(a, b);
  });
});
