import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningXl, XlHost } from '../testing/xl-process.js';

const a = new XlHost();
const b = new XlHost();
let listener: RunningXl;
let said = '';
let target = '';

/** A copy whose key nobody else may read, which a checkout does not promise. */
function credentials(name: string): string {
  const directory = join(a.files, `tls-${name}`);
  cpSync(fileURLToPath(new URL(`../../testdata/tls/${name}`, import.meta.url)), directory, { recursive: true });
  chmodSync(join(directory, 'key.pem'), 0o600);
  return directory;
}

const ofA = credentials('a');

beforeAll(async () => {
  listener = b.start(['migrate-receive', '--tls-listen', '127.0.0.1:0', '--tls-dir', credentials('b')]);
  listener.process.stderr?.on('data', (chunk) => (said += String(chunk)));
  target = await b.eventually('it listens', async () => {
    const port = /listening on port (\d+)/.exec(said)?.[1];
    return port === undefined ? undefined : `localhost:${port}`;
  });
});
afterEach(() => Promise.all([a.destroyAll(), b.destroyAll()]));
afterAll(async () => {
  listener.process.kill('SIGTERM');
  expect((await listener.result).code).toBe(0);
  await Promise.all([a.close(), b.close()]);
});

describe('a migration by TLS', () => {
  it.each([[[]], [['--streams', '2', '--compress']]])('comes over whole (%j)', { timeout: 60_000 }, async (options) => {
    await a.create('vm', { memory: 32 });
    await a.works('vm');
    const report = join(a.files, 'report.json');
    const { stderr } = await a.succeed(
      'migrate',
      '-e',
      '--tls',
      '--tls-dir',
      ofA,
      ...options,
      '--report',
      report,
      'vm',
      target,
    );
    expect(stderr).toContain('migration target: Domain started successsfully.\n');
    expect(stderr).toMatch(/Migration successful\.\n$/);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ outcome: 'migrated' });
    expect(await a.list()).toEqual([]);
    await b.works('vm');
    expect(said).toContain('host-a (127.0.0.1');
  });

  it('is checked before', { timeout: 60_000 }, async () => {
    await a.create('vm', { memory: 32 });
    const { stdout } = await a.succeed('migrate', '--check', '--tls', '--tls-dir', ofA, 'vm', target);
    expect(stdout).toMatch(
      /^target {4}xen-migration .*\nwrites .*\nlink .*\nexpected .*\nvm can be migrated to localhost:\d+\.\n$/,
    );
    expect(await b.list()).toEqual([]);
  });

  it('is replicated, and goes on at the backup', { timeout: 120_000 }, async () => {
    await a.create('vm', { memory: 32 });
    await a.works('vm');
    const { domid } = await a.find('vm');
    const tls = ['--tls', '--tls-dir', ofA];
    const remus = a.start(['-v', 'remus', '-F', '-n', '-d', '-i', '50', '-e', ...tls, 'vm', target]);
    let count = '';
    remus.process.stderr?.on('data', (text) => (count += String(text)));
    await a.eventually('a checkpoint', async () => count.includes('checkpoint 3'), 40);
    await a.succeed('destroy', String(domid));
    expect(await remus.result).toMatchObject({ code: 0 });
    await b.eventually('vm', async () => (await b.list()).some(({ name }) => name === 'vm'));
    await b.works('vm');
  });

  const refused = async (...options: string[]) => {
    await a.create('vm');
    const { code, stderr } = await a.run('migrate', '-e', '--tls', ...options, 'vm', target);
    expect(code).toBe(1);
    expect(stderr).toContain('xl: vm runs on here.\nMigration failed, resuming at sender.\n');
    await a.works('vm');
    expect(await b.list()).toEqual([]);
    return stderr;
  };

  it('is refused for a certificate of another authority', { timeout: 60_000 }, async () => {
    expect(await refused('--tls-dir', credentials('stranger'))).toContain('xl: TLS connection to localhost');
    expect(said).toContain('refused: its certificate was not accepted, or it went away');
  });

  it('does not go to a host whose certificate names another one', { timeout: 60_000 }, async () => {
    await a.create('vm');
    const { code, stderr } = await a.run(
      'migrate',
      '--tls',
      '--tls-dir',
      ofA,
      'vm',
      target.replace('localhost', '127.0.0.2'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/127\.0\.0\.2/);
    expect(await b.list()).toEqual([]);
  });

  it('is not begun with a key that others may read', { timeout: 60_000 }, async () => {
    const open = credentials('b');
    chmodSync(join(open, 'key.pem'), 0o644);
    expect(await refused('--tls-dir', open)).toContain('may be read by others than its owner: chmod 600 it');
  });

  it('is not received beside 64 connections, and is again when they are gone', { timeout: 60_000 }, async () => {
    const port = Number(target.split(':')[1]);
    const sockets = Array.from({ length: 65 }, () => connect({ port, host: '127.0.0.1' }));
    for (const socket of sockets) socket.on('error', () => {});
    await a.eventually('one is refused', async () => said.includes('there are 64 connections already'));
    for (const socket of sockets) socket.destroy();
    await a.create('vm');
    await a.eventually('it is migrated', async () => {
      const { code } = await a.run('migrate', '-e', '--tls', '--tls-dir', ofA, 'vm', target);
      return code === 0;
    });
    await b.works('vm');
  });

  it('is not received without TLS', async () => {
    const socket = connect({ port: Number(target.split(':')[1]), host: '127.0.0.1' });
    socket.write('["migrate-receive"]\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).not.toContain('migration receiver');
  });
});
