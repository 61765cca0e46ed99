import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listDomains } from './domain/list.js';
import { type TestHost, testHost } from './testing/test-host.js';

const example = (name: string) => fileURLToPath(new URL(`../examples/${name}.mjs`, import.meta.url));
const CREDENTIALS = fileURLToPath(new URL('../../xl-cli/testdata/tls', import.meta.url));

let source: TestHost;
const targets: TestHost[] = [];
const receivers: ChildProcess[] = [];
const ports: number[] = [];
let credentials: string;

/** A program has no other environment than its user's: the host that it works on. */
function start(name: string, { host }: TestHost, ...args: string[]): ChildProcess {
  const env = { ...process.env, XEN_EMBEDDED_DIR: host.directory };
  return spawn(process.execPath, [example(name), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function credentialsOf({ files }: TestHost, name: string): string {
  const directory = join(files, 'tls');
  cpSync(join(CREDENTIALS, name), directory, { recursive: true });
  chmodSync(join(directory, 'key.pem'), 0o600);
  return directory;
}

function portOf(receiver: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    // It is read to its end: what it says has a reader as long as it lives.
    receiver.stdout?.on('data', (chunk) => {
      said += String(chunk);
      const port = /"listening","port":(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    receiver.once('exit', () => reject(new Error(`the receiver ended: ${said}`)));
  });
}

async function orchestrate(...args: string[]): Promise<{ code: unknown; said: unknown[] }> {
  const child = start('orchestrator', source, credentials, ...args);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const [code] = await once(child, 'close');
  if (out === '') throw new Error(err);
  const said = out.trim().split('\n');
  return { code, said: said.map((line) => JSON.parse(line) as unknown) };
}

const namesOf = async ({ host }: TestHost) => (await listDomains(host)).map(({ name }) => name);

beforeAll(async () => {
  source = await testHost();
  credentials = credentialsOf(source, 'a');
  for (let i = 0; i < 2; i++) {
    const target = await testHost();
    const receiver = start('receiver', target, credentialsOf(target, 'b'), '0');
    targets.push(target);
    receivers.push(receiver);
    ports.push(await portOf(receiver));
  }
});
afterAll(async () => {
  for (const receiver of receivers) {
    receiver.kill('SIGTERM');
    if (receiver.exitCode === null) await once(receiver, 'exit');
  }
  await Promise.all([source, ...targets].map((host) => host?.close()));
});

describe('an orchestrator without a shell', () => {
  it('checks, and migrates over a link', async () => {
    await source.guest('web', { running: true });
    const target = `localhost:${ports[0]}`;
    const checked = await orchestrate('check', 'web', target);
    expect(checked).toMatchObject({ code: 0, said: [{ possible: true }] });
    const { code, said } = await orchestrate('migrate', 'web', target);
    expect(said.at(-1)).toMatchObject({ migrated: 'web', link: { takenUpAgain: 0 } });
    expect(said).toContainEqual({ kind: 'state', state: 'moved' });
    expect(code).toBe(0);
    expect(await namesOf(source)).toEqual([]);
    expect(await namesOf(targets[0] as TestHost)).toEqual(['web']);
  });

  it('evacuates to all that answer', async () => {
    for (const name of ['one', 'two']) await source.guest(name, { running: true });
    const names = [...ports.map((port) => `localhost:${port}`), 'localhost:1'];
    const { code, said } = await orchestrate('evacuate', ...names);
    expect(said).toContainEqual(expect.objectContaining({ unreachable: 'localhost:1' }));
    expect(said.at(-1)).toMatchObject([{ kind: 'migrated' }, { kind: 'migrated' }]);
    expect(code).toBe(0);
    expect(await namesOf(source)).toEqual([]);
    const there = await Promise.all(targets.map(namesOf));
    expect(there.flat().sort()).toEqual(['one', 'two', 'web']);
  });

  it('is told where a domain is that could not be moved', async () => {
    await source.guest('stays', { running: true });
    const { code, said } = await orchestrate('migrate', 'stays', 'localhost:1');
    expect(said).toEqual([expect.objectContaining({ code: 'ERROR_FAIL' })]);
    expect(code).toBe(1);
    expect(await namesOf(source)).toEqual(['stays']);
  });
});
