import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RemoteShell } from '../testing/remote-shell.js';
import { XlHost } from '../testing/xl-process.js';

const [here, b, c] = [new XlHost(), new XlHost(), new XlHost()] as const;
const hosts = [here, b, c];

/** Reaches both others by their names. */
const shells = { b: new RemoteShell(here, b), c: new RemoteShell(here, c) };
const ssh = join(here.files, 'ssh.sh');
writeFileSync(
  ssh,
  `#!/bin/sh\ncase "$1" in b) exec '${shells.b.command}' "$@";; c) exec '${shells.c.command}' "$@";; esac\nexit 255\n`,
);
chmodSync(ssh, 0o700);

afterEach(() => Promise.all(hosts.map((host) => host.destroyAll())));
afterAll(() => Promise.all(hosts.map((host) => host.close())));

const evacuate = (...args: string[]) => here.run('evacuate', '-e', '-s', ssh, ...args);
const names = async (host: XlHost) => (await host.list()).map(({ name }) => name).sort();

describe('xl evacuate', () => {
  it('shows its plan, moves everything, and reports', { timeout: 180_000 }, async () => {
    for (const [name, memory] of [
      ['one', 16],
      ['two', 24],
      ['three', 32],
    ] as const)
      await here.create(name, { memory });
    // One that has not booted yet can't suspend, which is another case.
    for (const name of ['one', 'two', 'three']) await here.works(name);
    const shown = await here.run('-N', 'evacuate', '-s', ssh, '--priority', 'one=5', 'b', 'c');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      /^plan: 3 domains to 2 hosts, 2 at a time\n {2}1 {2}one +\d+ MiB {2}-> [bc]\n {2}2 {2}three +\d+ MiB {2}-> [bc]\n {2}3 {2}two +\d+ MiB {2}-> [bc]\nhost b: \d+ MiB free, \d+ MiB afterwards\nhost c: /,
    );
    expect(await here.list()).toHaveLength(3);
    const file = join(here.files, 'evacuation.json');
    const { code, stdout, stderr } = await evacuate('--parallel', '3', '--report', file, 'b', 'c');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/evacuate: one -> [bc]: moved in .* of downtime\n/)]);
    expect(stdout).toMatch(/3 domains moved\.\n$/);
    expect(await here.list()).toEqual([]);
    expect([...(await names(b)), ...(await names(c))].sort()).toEqual(['one', 'three', 'two']);
    const report = JSON.parse(readFileSync(file, 'utf8')) as { complete: boolean; domains: { outcome: string }[] };
    expect(report).toMatchObject({ report: 1, complete: true, left: [] });
    expect(report.domains.map(({ outcome }) => outcome)).toEqual(['migrated', 'migrated', 'migrated']);
    await Promise.all([
      ...(await names(b)).map((name) => b.works(name ?? '')),
      ...(await names(c)).map((name) => c.works(name ?? '')),
    ]);
  });

  it('leaves what no host can take, moves the rest, and goes on when it is called again', {
    timeout: 90_000,
  }, async () => {
    await here.create('stays');
    await here.create('goes');
    await b.create('stays');
    const first = await evacuate('--json', 'b', 'nowhere');
    expect(first.code).toBe(1);
    expect(first.stderr).toContain("xl: nowhere: the target can't be reached");
    expect(first.stderr).toContain('b: the target has a domain called stays already');
    expect(JSON.parse(first.stdout)).toMatchObject({
      complete: false,
      domains: [{ name: 'goes', target: 'b', outcome: 'migrated' }],
      left: [{ name: 'stays' }],
    });
    await here.works('stays');
    await b.succeed('destroy', 'stays');
    expect(await evacuate('b')).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 domain moved\.\n$/) });
    expect(await names(b)).toEqual(['goes', 'stays']);
  });

  it('begins nothing more after Ctrl-C; what was under way runs on here', { timeout: 90_000 }, async () => {
    await here.create('one', { memory: 32 });
    await here.create('two', { memory: 32 });
    const xl = here.start(['evacuate', '-e', '-s', ssh, '--parallel', '1', '--bandwidth', '10', 'b']);
    let said = '';
    xl.process.stderr?.on('data', (chunk) => (said += String(chunk)));
    await here.eventually('it begins', async () => said.includes(': begins'));
    await b.eventually('it is received', async () => (await b.list()).length === 1);
    xl.process.kill('SIGINT');
    const { code, stdout } = await xl.result;
    expect(code).toBe(1);
    expect(stdout).toMatch(/0 domains moved, 1 failed, 1 not begun\.\n$/);
    expect(await names(here)).toEqual(['one', 'two']);
    await Promise.all([here.works('one'), here.works('two')]);
    await b.eventually('nothing there', async () => (await b.list()).length === 0);
  });

  it('refuses what can not be', async () => {
    await here.create('one');
    for (const [args, message] of [
      [['nowhere'], 'no host can take a domain'],
      [['--only', 'nosuch', 'b'], "there is no domain called 'nosuch'"],
      [['--priority', 'one', 'b'], "--priority takes a number from 0 to 1000000, not 'one'"],
      [['--parallel', '0', 'b'], '--parallel takes a number from 1 to 16'],
    ] as const) {
      const { code, stderr } = await evacuate(...args);
      expect([code !== 0, stderr]).toEqual([true, expect.stringContaining(message)]);
    }
    expect(await names(here)).toEqual(['one']);
  });
});
