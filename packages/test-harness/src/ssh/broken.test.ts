import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningXl } from '../../../xl-cli/src/testing/xl-process.js';
import { type Report, runsOnlyOn, sshdOrWarning, startTwoHosts, type TwoHosts } from './two-hosts.js';

// In a file of its own: most of it is waiting, and other files go on meanwhile.

const found = sshdOrWarning();

describe.skipIf(found === undefined)('two hosts and sshd, whose ssh is killed', () => {
  let hosts: TwoHosts;
  beforeAll(async () => {
    if (found !== undefined) hosts = await startTwoHosts(found);
  });
  afterEach(() => hosts.destroyAll());
  afterAll(() => hosts?.close());

  /** A migration that is slow while the guest runs. @returns it, once the text is among its events */
  async function until(event: RegExp, ...options: string[]): Promise<RunningXl> {
    const { a, toB } = hosts;
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
    const { a, b, toB } = hosts;
    const xl = await until(PAGES_FLOW, '--streams', '2', '--reconnect', '20');
    expect(toB.cut()).toBe(2);
    const { code, stdout, stderr } = await xl.result;
    expect([code, stderr]).toEqual([0, expect.stringContaining('The link to the target works again.')]);
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
    expect(last).toMatchObject({ outcome: 'migrated', link: { takenUpAgain: 1 } });
    await runsOnlyOn(b, a);
  });

  it('after the last pass take the link up again', { timeout: 90_000 }, async () => {
    const { a, b, toB } = hosts;
    const xl = await until(SUSPENDED, '--streams', '2');
    toB.cut();
    expect((await xl.result).code).toBe(0);
    await runsOnlyOn(b, a);
  });

  it('after the last pass, for good, leave one guest that runs', { timeout: 120_000 }, async () => {
    const { a, b, toB } = hosts;
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
    const { a, b, toB } = hosts;
    const xl = await until(GIVEN, '--streams', '2');
    toB.cut();
    expect((await xl.result).code).toBe(0);
    await runsOnlyOn(b, a);
  });
});
