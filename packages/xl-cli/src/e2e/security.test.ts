import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RemoteShell } from '../testing/remote-shell.js';
import { XL, XlHost } from '../testing/xl-process.js';
import { HAS_TERMINAL, spawnInTerminal } from '../tour/terminal.js';

const a = new XlHost();
const b = new XlHost();
const remote = new RemoteShell(a, b);
const made = join(a.files, 'made');

// Everything here is done as somebody would whose umask protects nothing.
let umask: number;
beforeAll(() => {
  umask = process.umask(0);
  mkdirSync(made, { mode: 0o700 });
});
afterEach(() => Promise.all([a.destroyAll(), b.destroyAll()]));
afterAll(async () => {
  await Promise.all([a.close(), b.close()]);
  process.umask(umask);
});

/** What others than its owner may do with anything that was made; a socket is as private as where it lies. */
function open(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .concat('.')
    .map((name) => ({ name, stat: lstatSync(join(directory, name), { throwIfNoEntry: false }) }))
    .filter(({ stat }) => stat !== undefined && !stat.isSocket() && (stat.mode & 0o077) !== 0)
    .map(({ name, stat }) => `${name} ${((stat?.mode ?? 0) & 0o777).toString(8)}`);
}

describe('what is made', () => {
  it('is for its owner alone, whatever the umask: saves, userdata, logs, reports, directories', async () => {
    await a.create('vm', { memory: 32 });
    await a.works('vm');
    await a.succeed('save', '-c', 'vm', join(made, 'plain'));
    await a.succeed('save', '--base', 'vm', join(made, 'base'));
    await a.succeed('save', '--incremental', join(made, 'base'), 'vm', join(made, 'next'));
    const report = join(made, 'report.json');
    await a.succeed('migrate', '-s', remote.command, '--streams', '2', '--report', report, 'vm', 'b');
    await b.works('vm');
    expect(readdirSync(made).sort()).toEqual(['base', 'next', 'plain', 'report.json']);
    const logs = readdirSync(join(b.directory, 'libxl')).filter((name) => name.endsWith('.log'));
    expect(logs).not.toEqual([]);
    for (const directory of [made, a.directory, b.directory]) expect(open(directory)).toEqual([]);
  });
});

describe('a name', () => {
  it('is a name, whatever it looks like', { timeout: 60_000 }, async () => {
    const mark = join(made, 'x');
    const names = [`;touch ${mark}`, `$(touch ${mark})`, `\`touch ${mark}\``, `-oProxyCommand=touch ${mark}`, '--help'];
    await a.create('../../vm');
    let name = '../../vm';
    for (const next of names) {
      await a.succeed('rename', '--', name, next);
      name = next;
      expect((await a.succeed('domid', '--', name)).stdout).toMatch(/^\d+\n$/);
    }
    const file = join(made, 'odd');
    const odd = `-e$(touch ${mark});`;
    await a.succeed('rename', '--', name, odd);
    await a.works(String((await a.find(odd)).domid));
    await a.succeed('save', '--', odd, file);
    await a.succeed('restore', '-e', file);
    await a.succeed('migrate', '-e', '-s', remote.command, '--compress', '--', odd, `b;touch ${mark}`);
    expect((await b.list()).map(({ name: there }) => there)).toEqual([odd]);
    expect(existsSync(mark)).toBe(false);
  });

  it('of a host is never an option of ssh', async () => {
    const mark = join(made, 'x');
    await a.create('vm');
    for (const option of [`-oProxyCommand=touch ${mark}`, '-F/dev/null']) {
      for (const line of [
        ['migrate', '--', 'vm', option],
        ['evacuate', '--', option],
        ['remus', '-F', '--', 'vm', option],
      ]) {
        const { code, stderr } = await a.run(...line);
        expect([code, stderr]).toEqual([1, `xl: '${option}' is no host\n`]);
      }
    }
    expect(existsSync(mark)).toBe(false);
    expect((await a.list()).map(({ name }) => name)).toEqual(['vm']);
  });
});

describe('a receiver', () => {
  it.runIf(HAS_TERMINAL)('is not started on a terminal', async () => {
    const child = spawnInTerminal(`'${process.execPath}' '${XL}' migrate-receive`, { env: a.env, cwd: made });
    let said = '';
    child.stdout?.on('data', (chunk) => (said += String(chunk)));
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(said).toContain('a terminal sends no domain');
    expect(said).not.toContain('xl migration receiver ready');
  });

  it.each([[[]], [['--link', '0'.repeat(32)]], [['--join', '0'.repeat(32)]]])(
    'takes nothing from a plain TCP connection (%j)',
    async (words) => {
      const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const client = connect((server.address() as { port: number }).port, '127.0.0.1');
      const [socket] = await accepted;
      // As inetd starts a server.
      const child = spawn(process.execPath, [XL, 'migrate-receive', ...words], {
        env: a.env,
        stdio: [socket, socket, 'pipe'],
      });
      let said = '';
      let sent = '';
      child.stderr?.on('data', (chunk) => (said += String(chunk)));
      client.on('data', (chunk) => (sent += String(chunk)));
      const [code] = await once(child, 'exit');
      client.destroy();
      socket.destroy();
      server.close();
      expect(code).toBe(1);
      expect(said).toMatch(/^xl: nobody has authenticated who is at the other end of this TCP connection/);
      expect(sent).toBe('');
    },
  );
});
