import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningXl, XlHost } from '../../../xl-cli/src/testing/xl-process.js';
import { findSshd } from './find-sshd.js';
import { Sshd } from './sshd.js';

const found = findSshd();
if ('missing' in found) console.warn(`skipped: migrations by ssh (${found.missing})`);

interface Report {
  readonly outcome: string;
  readonly link: { readonly rawBytes: number; readonly wireBytes: number; readonly takenUpAgain: number };
}

describe.skipIf('missing' in found)('two hosts and sshd', () => {
  const a = new XlHost();
  const b = new XlHost();
  let toA: Sshd;
  let toB: Sshd;

  const reach = (from: XlHost, to: XlHost, name: string) => {
    if ('missing' in found) throw new Error(found.missing);
    const environment = { XEN_EMBEDDED_DIR: to.directory, XEN_EMBEDDED_MEMORY: '512', XEN_EMBEDDED_IDLE: '1' };
    return Sshd.start({ found, directory: join(from.files, `ssh-${name}`), name, environment });
  };
  beforeAll(async () => {
    [toB, toA] = await Promise.all([reach(a, b, 'b'), reach(b, a, 'a')]);
  });
  afterEach(() => Promise.all([a.destroyAll(), b.destroyAll()]));
  afterAll(async () => {
    await Promise.all([toA?.stop(), toB?.stop()]);
    await Promise.all([a.close(), b.close()]);
  });

  /** The guest is where it should be and nowhere else; of links nothing is left. */
  async function runsOnlyOn(host: XlHost, other: XlHost): Promise<void> {
    await host.eventually('it runs alone', async () => {
      const domains = await host.list();
      return domains.length === 1 && domains[0]?.name === 'vm' && !domains[0].paused && !domains[0].shutdown;
    });
    await other.eventually('nothing there', async () => (await other.list()).length === 0);
    await host.works('vm');
    for (const one of [host, other]) {
      const sockets = () => readdirSync(join(one.directory, 'libxl')).filter((file) => file.startsWith('link-'));
      await one.eventually('no link left', async () => sockets().length === 0);
    }
  }

  it('migrate both ways: plainly, compressed over four connections with a limit; and check before', {
    timeout: 120_000,
  }, async () => {
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

  describe('whose ssh is killed', () => {
    /** A migration that is slow while the guest runs. @returns it, once the text is among its events */
    async function until(event: RegExp, ...options: string[]): Promise<RunningXl> {
      await a.create('vm');
      const limit = ['--bandwidth', '16', '--events', 'json'];
      const xl = a.start(['migrate', '-e', ...limit, ...options, '-s', toB.command, 'vm', 'b']);
      let events = '';
      await new Promise<void>((resolve) => {
        xl.process.stdout?.on('data', (chunk) => {
          events += String(chunk);
          if (event.test(events)) resolve();
        });
        void xl.result.then(() => resolve());
      });
      return xl;
    }
    const PAGES_FLOW = /"event":"progress".*"bytes":[1-9]\d{6}/;
    const SUSPENDED = /"event":"suspended"/;
    const GIVEN = /"event":"hand-over"/;

    it('during the precopy take the link up again', { timeout: 90_000 }, async () => {
      const xl = await until(PAGES_FLOW, '--streams', '2', '--reconnect', '20');
      expect(toB.cut()).toBe(2);
      const { code, stdout, stderr } = await xl.result;
      expect([code, stderr]).toEqual([0, expect.stringContaining('The link to the target works again.')]);
      const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
      expect(last).toMatchObject({ outcome: 'migrated', link: { takenUpAgain: 1 } });
      await runsOnlyOn(b, a);
    });

    it('after the last pass take the link up again', { timeout: 90_000 }, async () => {
      const xl = await until(SUSPENDED, '--streams', '2');
      toB.cut();
      expect((await xl.result).code).toBe(0);
      await runsOnlyOn(b, a);
    });

    it('after the last pass, for good, leave one guest that runs', { timeout: 120_000 }, async () => {
      const xl = await until(SUSPENDED, '--streams', '2', '--reconnect', '1');
      await toB.stop();
      try {
        toB.cut();
        const { code, stderr } = await xl.result;
        // The target may have heard the last word already.
        if (code === 0) return await runsOnlyOn(b, a);
        expect(stderr).toContain('xl: vm runs on here.\nMigration failed, resuming at sender.\n');
        await runsOnlyOn(a, b);
      } finally {
        await toB.startDaemon();
      }
    });

    it('when the guest was given away see it through', { timeout: 90_000 }, async () => {
      const xl = await until(GIVEN, '--streams', '2');
      toB.cut();
      expect((await xl.result).code).toBe(0);
      await runsOnlyOn(b, a);
    });
  });
});
