import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RemoteShell } from '../testing/remote-shell.js';
import { type RunningXl, XL, XlHost } from '../testing/xl-process.js';

const a = new XlHost();
const b = new XlHost();
const toA = new RemoteShell(b, a);
const toB = new RemoteShell(a, b);

afterEach(async () => {
  toB.setDown(false);
  await Promise.all([a.destroyAll(), b.destroyAll()]);
});
afterAll(() => Promise.all([a.close(), b.close()]));

/** A loaded machine (load 20 on two cores) needs up to twelve for the programs of a link alone. */
const START_SECONDS = 40;

interface Report {
  readonly outcome: string;
  readonly runsAt: string;
  readonly transfer: { readonly bytesWritten: number; readonly passes: readonly unknown[] };
  readonly link: { readonly rawBytes: number; readonly wireBytes: number; readonly takenUpAgain: number };
}

const reportOf = (host: XlHost, name: string) => JSON.parse(readFileSync(join(host.files, name), 'utf8')) as Report;

/** The guest is where it should be and nowhere else; of links nothing is left. */
async function runsOnlyOn(host: XlHost, other: XlHost, name = 'vm'): Promise<void> {
  await host.eventually('it runs alone', async () => {
    const domains = await host.list();
    return domains.length === 1 && domains[0]?.name === name && !domains[0].paused && !domains[0].shutdown;
  });
  await other.eventually('nothing there', async () => (await other.list()).length === 0);
  await host.works(name);
  for (const one of [host, other]) {
    const sockets = () => readdirSync(join(one.directory, 'libxl')).filter((file) => file.startsWith('link-'));
    await one.eventually('no link left', async () => sockets().length === 0);
  }
}

/** A migration over a link that is slow enough to be disturbed; resolves when pages flow. */
async function underWay(...options: string[]): Promise<RunningXl> {
  await a.create('vm', { memory: 64 });
  await a.works('vm');
  const xl = a.start([
    'migrate',
    '-e',
    '--bandwidth',
    '20',
    '--events',
    'json',
    ...options,
    '-s',
    toB.command,
    'vm',
    'b',
  ]);
  let events = '';
  xl.process.stdout?.on('data', (chunk) => (events += String(chunk)));
  await a.eventually('pages flow', async () => / *"event":"progress".*"bytes":[1-9]\d{6}/.test(events), START_SECONDS);
  return xl;
}

describe('two hosts', () => {
  it('migrate both ways over four compressed connections with a limit', { timeout: 90_000 }, async () => {
    await a.create('vm', { vcpus: 2, memory: 32 });
    await a.works('vm');
    const options = ['--compress', '--streams', '4', '--bandwidth', '200'];
    for (const [from, to, shell] of [
      [a, b, toB],
      [b, a, toA],
    ] as const) {
      const file = join(from.files, 'report.json');
      const { stderr } = await from.succeed(
        'migrate',
        '-e',
        ...options,
        '--report',
        file,
        '-s',
        shell.command,
        'vm',
        'there',
      );
      expect(stderr).toContain('migration target: Domain started successsfully.\n');
      expect(stderr).toMatch(/Migration successful\.\n$/);
      const report = reportOf(from, 'report.json');
      expect(report).toMatchObject({ outcome: 'migrated', runsAt: 'target', link: { takenUpAgain: 0 } });
      expect(report.link.rawBytes).toBeGreaterThan(report.transfer.bytesWritten);
      await runsOnlyOn(to, from);
    }
  });

  it('send a real guest in a fraction of its bytes', { timeout: 60_000 }, async () => {
    const wire = readFileSync(new URL('../../../stream-format/testdata/xen-4.17-hvm-live.wire.gz', import.meta.url));
    const receiver = spawn(process.execPath, [XL, 'migrate-receive', '-e'], {
      env: a.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    receiver.stdin.end(gunzipSync(wire));
    await once(receiver, 'exit');
    const file = join(a.files, 'real.json');
    await a.succeed('migrate', '-e', '--compress', '--report', file, '-s', toB.command, 'hvm2', 'b');
    const { link } = reportOf(a, 'real.json');
    expect(link.rawBytes / link.wireBytes).toBeGreaterThan(10);
    expect(await b.list()).toMatchObject([{ name: 'hvm2' }]);
  });

  it('keep to the bandwidth on a plain connection, too', { timeout: 60_000 }, async () => {
    await a.create('vm', { memory: 32 });
    const start = performance.now();
    await a.succeed('migrate', '-e', '--bandwidth', '20', '-s', toB.command, 'vm', 'b');
    expect(performance.now() - start).toBeGreaterThan(1_400);
    await runsOnlyOn(b, a);
  });
});

describe('a link that breaks', () => {
  it('is taken up again, whichever connections were lost; the guest runs on', { timeout: 90_000 }, async () => {
    const xl = await underWay('--streams', '3');
    expect(toB.cut()).toBeGreaterThanOrEqual(3);
    const { code, stdout, stderr } = await xl.result;
    expect([code, stderr]).toEqual([0, expect.stringContaining('The link to the target works again.')]);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; phase?: string; link?: Report['link'] });
    const broken = events.findIndex(({ event }) => event === 'link-broken');
    const suspended = events.findIndex(({ event }) => event === 'suspended');
    expect(broken).toBeGreaterThan(0);
    expect(suspended).toBeGreaterThan(broken);
    expect(events.at(-1)).toMatchObject({ event: 'end', outcome: 'migrated', link: { takenUpAgain: 1 } });
    await runsOnlyOn(b, a);
  });

  it('for good fails cleanly: the guest runs on here, nothing stays there', { timeout: 90_000 }, async () => {
    const xl = await underWay('--reconnect', '1');
    toB.setDown(true);
    toB.cut();
    const { code, stderr } = await xl.result;
    expect(code).toBe(1);
    expect(stderr).toContain('could not be taken up again within 1 s');
    expect(stderr).toMatch(/xl: vm runs on here\.\nMigration failed, resuming at sender\.\n$/);
    await runsOnlyOn(a, b);
  });

  it('leaves the guest running when its agent is killed, and when xl is', { timeout: 90_000 }, async () => {
    const xl = await underWay('--streams', '2');
    xl.kill();
    await xl.result;
    await runsOnlyOn(a, b);
  });
});

describe('Ctrl-C', () => {
  it.each([[[]], [['--streams', '2']]])('ends a migration in order (%j)', { timeout: 60_000 }, async (options) => {
    const xl = await underWay(...options);
    xl.process.kill('SIGINT');
    const { code, stderr } = await xl.result;
    expect(code).toBe(1);
    expect(stderr).toContain('xl: vm runs on here.\nMigration failed, resuming at sender.\n');
    await runsOnlyOn(a, b);
  });

  it('twice ends xl at once, and the guest runs on', { timeout: 60_000 }, async () => {
    const xl = await underWay();
    xl.process.kill('SIGINT');
    xl.process.kill('SIGTERM');
    const { code, stderr } = await xl.result;
    expect([1, 130, 143]).toContain(code);
    if (code !== 1) expect(stderr).toContain('interrupted again');
    await runsOnlyOn(a, b);
  });
});

describe("a receiver that is a command of its own (-s '')", () => {
  const receiver = `XEN_EMBEDDED_DIR='${b.directory}' '${process.execPath}' '${XL}' migrate-receive -e`;

  it('is asked by its environment for a link, and checked', { timeout: 60_000 }, async () => {
    await a.create('vm');
    await a.works('vm');
    const { stdout } = await a.succeed('migrate', '--check', '-s', '', 'vm', receiver);
    expect(stdout).toMatch(/^target {4}xen-migration [\s\S]*^link {6}[\s\S]*can be migrated/m);
    const report = join(a.files, 'command.json');
    const options = ['--compress', '--streams', '2', '--report', report];
    await a.succeed('migrate', ...options, '-s', '', 'vm', receiver);
    expect(reportOf(a, 'command.json').link.rawBytes).toBeGreaterThan(1_000_000);
    await runsOnlyOn(b, a);
  });

  it('takes no notice where it is a stock one', { timeout: 60_000 }, async () => {
    await a.create('vm');
    await a.works('vm');
    const stock = `unset XL_MIGRATE_RECEIVE; ${receiver}`;
    expect(await a.run('migrate', '--check', '-s', '', 'vm', stock)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no xl at the target that answers'),
    });
    const { stderr } = await a.succeed('migrate', '--compress', '-s', '', 'vm', stock);
    expect(stderr).toContain("xl: the target's xl knows one plain connection only");
    await runsOnlyOn(b, a);
  });
});

describe('a target that is not ours', () => {
  it('is migrated to in the plain way, and that is said', { timeout: 60_000 }, async () => {
    const stock = join(a.files, 'stock.sh');
    const refusal = `case "$*" in *--capabilities*) echo "option \\\`capabilities' not supported." >&2; exit 2;; esac`;
    writeFileSync(stock, `#!/bin/sh\n${refusal}\nexec '${toB.command}' "$@"\n`, { mode: 0o700 });
    await a.create('vm');
    const { stderr } = await a.succeed('migrate', '-e', '--compress', '--streams', '4', '-s', stock, 'vm', 'b');
    expect(stderr).toContain("xl: the target's xl knows one plain connection only: going on without what needs more\n");
    await runsOnlyOn(b, a);
  });

  it('can not be reached', async () => {
    await a.create('vm');
    toB.setDown(true);
    const { code, stderr } = await a.run('migrate', '--compress', '-s', toB.command, 'vm', 'b');
    expect(code).toBe(1);
    expect(stderr).toContain("xl: the target can't be reached");
    toB.setDown(false);
    await runsOnlyOn(a, b);
  });
});

it('what can not be is refused before anything happens', { timeout: 60_000 }, async () => {
  await a.create('vm');
  for (const [options, message] of [
    [['--streams', '17', 'vm', 'b'], '--streams takes a number from 1 to 16'],
    [['--bandwidth', 'fast', 'vm', 'b'], '--bandwidth takes MiB a second'],
    [['--reconnect', '-1', 'vm', 'b'], '--reconnect takes a number from 0 to 100'],
    [['--events', 'xml', 'vm', 'b'], "--events knows the format 'json'"],
    [['--report', '/no/such/directory/report.json', 'vm', 'b'], "can't write a report"],
    [['vm', '--', '-oProxyCommand=false'], "xl: '-oProxyCommand=false' is no host"],
  ] as const) {
    const { code, stderr } = await a.run('migrate', ...options);
    expect([options, code === 0, stderr]).toEqual([options, false, expect.stringContaining(message)]);
  }
  await runsOnlyOn(a, b);
});
