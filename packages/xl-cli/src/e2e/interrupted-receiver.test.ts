import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type FoundProcess, processesOf } from '../testing/processes.js';
import { RemoteShell } from '../testing/remote-shell.js';
import { type RunningXl, XlHost } from '../testing/xl-process.js';

// Ctrl-C at the sender: link.test.ts.

const a = new XlHost();
const b = new XlHost();
const toB = new RemoteShell(a, b);
afterEach(async () => {
  toB.setDown(false);
  await Promise.all([a.destroyAll(), b.destroyAll()]);
});
afterAll(() => Promise.all([a.close(), b.close()]));

/** A loaded machine (load 20 on two cores) needs up to twelve for the programs of a link alone. */
const START_SECONDS = 40;

/** MiB/s, of 64: on a loaded machine a signal may take seconds to arrive. */
const SLOW = 8;
/** What is limited is what travels, and this guest's memory compresses well. */
const SLOW_COMPRESSED = 2;
const DONE_SOON = 20;
/** What a link has under way at most (libxl, docs/link.md). */
const WINDOW_BYTES = 16 * 2 ** 20;

/** A migration that is slow enough to be disturbed, and so far that pages flow. */
async function underWay(bandwidth: number, ...options: string[]): Promise<RunningXl> {
  await a.create('vm', { memory: 64 });
  const limit = ['--bandwidth', String(bandwidth), '--events', 'json'];
  const xl = a.start(['migrate', '-e', ...limit, ...options, '-s', toB.command, 'vm', 'b']);
  let events = '';
  xl.process.stdout?.on('data', (chunk) => (events += String(chunk)));
  await a.eventually('pages flow', async () => /"event":"progress".*"bytes":[1-9]\d{6}/.test(events), START_SECONDS);
  return xl;
}

/** Of the processes at the target, the one that is meant. */
function find(what: string, is: (words: readonly string[]) => boolean): FoundProcess {
  const found = processesOf(b).filter((process) => is(process.arguments));
  expect(
    found.map((process) => process.arguments.join(' ')),
    what,
  ).toHaveLength(1);
  return found[0] as FoundProcess;
}

const receives = (words: readonly string[]) => words.includes('migrate-receive');
const PROCESSES: Readonly<Record<string, (words: readonly string[]) => boolean>> = {
  'the receiver': (words) => receives(words) && !words.includes('--link') && !words.includes('--join'),
  'the process that opened the link': (words) => receives(words) && words.includes('--link'),
  'another connection': (words) => receives(words) && words.includes('--join'),
  "the link's agent": (words) => words.some((word) => word.startsWith('{"receive"')),
};

async function sourceKeepsIt(xl: RunningXl): Promise<string> {
  const { code, stderr } = await xl.result;
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/xl: vm runs on here\.\nMigration failed, resuming at sender\.\n$/),
  ]);
  const [vm] = await a.list();
  expect(vm).toMatchObject({ name: 'vm', paused: false, shutdown: false });
  await a.works('vm');
  return stderr;
}

async function targetHasNothing(): Promise<void> {
  await b.eventually('no domain', async () => (await b.list()).length === 0);
  await b.eventually('no process', async () => !processesOf(b).some((process) => receives(process.arguments)));
  await b.eventually('no socket, no file', async () => {
    const left = readdirSync(join(b.directory, 'libxl'));
    return left.every((name) => !name.startsWith('link-') && !name.startsWith('userdata'));
  });
}

describe('Ctrl-C at the target', () => {
  it.each([
    ['the receiver', [], 1],
    ['the receiver', [], 2],
    ['the process that opened the link', ['--streams', '2'], 1],
    ['the process that opened the link', ['--streams', '2'], 2],
    ['another connection', ['--streams', '2', '--compress'], 1],
  ] as const)('of %s (%j), %d times: the source keeps its guest', { timeout: 60_000 }, async (what, options, times) => {
    const bandwidth = (options as readonly string[]).includes('--compress') ? SLOW_COMPRESSED : SLOW;
    const xl = await underWay(bandwidth, ...options);
    const { pid } = find(what, PROCESSES[what] as (words: readonly string[]) => boolean);
    for (let i = 0; i < times; i++) process.kill(pid, 'SIGINT');
    const said = await sourceKeepsIt(xl);
    // Twice it may have had no time to say so.
    if (times === 1) expect(said).toContain('migration target: Nothing of the domain is left here.');
    await targetHasNothing();
  });
});

describe('at the target', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'the receiver gets %s: the sender knows before its window has gone out',
    { timeout: 60_000 },
    async (signal) => {
      const xl = await underWay(1, '--streams', '2');
      const { pid } = find('receiver', PROCESSES['the receiver'] as (words: readonly string[]) => boolean);
      process.kill(pid, signal);
      const { stdout } = await xl.result;
      const totals = stdout
        .split('\n')
        .filter((line) => line.includes('"link-totals"'))
        .map((line) => JSON.parse(line) as { wireBytes: number });
      // A second for each MiB: what was sent says how long it took, whatever the machine has to do besides.
      expect(totals.map(({ wireBytes }) => wireBytes < WINDOW_BYTES / 2)).toEqual([true]);
      await sourceKeepsIt(xl);
    },
  );

  it("the link's agent is killed: the source keeps its guest", { timeout: 60_000 }, async () => {
    const xl = await underWay(SLOW, '--streams', '2', '--reconnect', '100');
    const { pid } = find('agent', PROCESSES["the link's agent"] as (words: readonly string[]) => boolean);
    process.kill(pid, 'SIGKILL');
    // It can't be taken up again, and is not tried to be for long.
    expect(await sourceKeepsIt(xl)).toContain('xl: the link to the target: its agent at the other end is gone');
    await targetHasNothing();
  });

  it('a connection is hung up: it is a broken one, and the link goes on', { timeout: 60_000 }, async () => {
    const xl = await underWay(DONE_SOON, '--streams', '1');
    const { pid } = find(
      'opener',
      PROCESSES['the process that opened the link'] as (words: readonly string[]) => boolean,
    );
    process.kill(pid, 'SIGHUP');
    const { code, stderr } = await xl.result;
    expect([code, stderr]).toEqual([0, expect.stringContaining('The link to the target works again.')]);
    expect(await a.list()).toEqual([]);
    await b.works('vm');
  });

  it('the ssh of a plain migration is killed: the source keeps its guest', { timeout: 60_000 }, async () => {
    const xl = await underWay(SLOW);
    expect(toB.cut()).toBe(1);
    await sourceKeepsIt(xl);
    await targetHasNothing();
  });
});
