import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type RunningXl, XlHost, type XlResult } from '../testing/xl-process.js';

// Ctrl-C of `xl migrate` at the sender: link.test.ts.

const host = new XlHost();
afterEach(() => host.destroyAll());
afterAll(() => host.close());

const TIMES = [['once', 1] as const, ['twice', 2] as const];
const file = () => join(host.files, 'vm.save');

async function interrupted(xl: RunningXl, times: number): Promise<XlResult> {
  xl.process.kill('SIGINT');
  if (times === 2) {
    await sleep(20);
    xl.process.kill('SIGINT');
  }
  return xl.result;
}

/** The first one is seen to in order; where there was no time for that, the second one says who sees to it. */
function expectEnd({ code, stderr }: XlResult, times: number, said: string): void {
  if (code === 1) expect(stderr).toContain(said);
  else {
    expect([times, code]).toEqual([2, 130]);
    expect(stderr).toContain('interrupted again: not waiting any longer');
  }
}

async function runsAlone(): Promise<void> {
  await host.eventually('vm alone', async () => {
    const domains = await host.list();
    const [vm] = domains;
    return domains.length === 1 && vm?.name === 'vm' && !vm.paused && !vm.shutdown;
  });
  await host.works('vm');
}

const nothingLeft = () => host.eventually('no domain', async () => (await host.list()).length === 0);

describe.each(TIMES)('Ctrl-C %s', (_word, times) => {
  it('during a save leaves the guest running, and no file', { timeout: 120_000 }, async () => {
    await host.create('vm', { memory: 64 });
    await host.works('vm');
    // Nobody reads: it stands in the middle of the suspended guest's memory.
    const xl = host.start(['save', 'vm', '-'], { stdout: 'ignore' });
    await host.eventually('suspended', async () => (await host.find('vm')).shutdown, 40);
    expectEnd(await interrupted(xl, times), times, 'Failed to save domain, resuming domain');
    await runsAlone();
    const toFile = host.start(['save', 'vm', file()]);
    await host.eventually(
      'suspended',
      async () => {
        const [vm] = await host.list();
        return vm === undefined || vm.shutdown;
      },
      40,
    );
    await interrupted(toFile, times);
    // It may have been quicker: then there is a file, and no guest; which of both, is seen to in the background.
    const files = () => readdirSync(host.files).filter((name) => name.startsWith('.vm.save') || name === 'vm.save');
    const saved = await host.eventually('one of both', async () => {
      const [vm] = await host.list();
      if (vm === undefined) return files().join() === 'vm.save' && 'saved';
      return !vm.shutdown && !vm.paused && files().length === 0 && 'kept';
    });
    if (saved === 'saved') await host.succeed('restore', '-e', file());
    await runsAlone();
  });

  it.each([
    ['restore', '-e', '-'],
    ['migrate-receive', '-e'],
  ])('during xl %s leaves nothing of the domain', { timeout: 60_000 }, async (...args) => {
    await host.create('vm');
    await host.works('vm');
    await host.succeed('save', 'vm', file());
    const xl = host.start(args, { stdin: 'pipe' });
    xl.process.stdin?.on('error', () => {});
    xl.process.stdin?.write(readFileSync(file()).subarray(0, 3_000_000));
    await host.eventually('a half-built domain', async () => (await host.list()).length === 1);
    expectEnd(await interrupted(xl, times), times, args[0] === 'restore' ? 'xl: ' : 'Nothing of the domain is left');
    await nothingLeft();
  });
});
