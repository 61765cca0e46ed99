import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { domainSummary, saveToFile } from '@xen-migration/libxl';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../repository.js';
import { DeviceModelHost } from './dm-host.js';
import { type TestModel, traditional, upstream } from './models.js';
import { testQemu } from './qemu.js';
import { writeTraditionalStarter } from './traditional/starter.js';

const XL = `${repositoryRoot}packages/xl-cli/bin/xl.js`;
const PATIENCE = { timeout: 30_000, interval: 100 };
/** How long a program that is late is: long enough to be killed while it is waited for. */
const LATE_SECONDS = 3;

const qemu = testQemu();
if ('missing' in qemu) process.stderr.write(`kill -9 beside a QEMU is skipped: ${qemu.missing}\n`);
const files = mkdtempSync(join(tmpdir(), 'dm-kill-'));
const programs = [
  { make: traditional, program: writeTraditionalStarter(files) },
  ...('binary' in qemu ? [{ make: upstream, program: qemu.binary }] : []),
];
const models = programs.map(({ make, program }) => {
  const model = make(program);
  const late = join(files, `late-${model.version}`);
  writeFileSync(late, `#!/bin/sh\nsleep ${LATE_SECONDS}\nexec '${program}' "$@"\n`, { mode: 0o755 });
  return { model, version: model.version, late };
});

let host: DeviceModelHost;
const running: ChildProcess[] = [];
beforeAll(async () => {
  host = await DeviceModelHost.open();
});
afterEach(async () => {
  for (const command of running.splice(0)) await kill(command);
  await host.clear();
});
afterAll(async () => {
  await host?.close();
  rmSync(files, { recursive: true, force: true });
});

function xl(args: readonly string[]): ChildProcess {
  const env = { ...process.env, XEN_EMBEDDED_DIR: host.directory };
  // Its output is a pipe that nobody reads: what is saved to it stops soon.
  const command = spawn(process.execPath, [XL, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  running.push(command);
  return command;
}

async function kill(command: ChildProcess): Promise<void> {
  if (command.exitCode !== null || command.signalCode !== null) return;
  const ended = once(command, 'exit');
  command.kill('SIGKILL');
  await ended;
}

async function saved(model: TestModel): Promise<string> {
  const to = join(files, `${model.version}.save`);
  const domid = await host.guest(model.config('vm'));
  await saveToFile({ host: host.host, domid, to });
  return to;
}

function configFile({ version }: TestModel, program: string): string {
  const path = join(files, `${version}.cfg`);
  const settings = {
    type: 'hvm',
    name: 'vm',
    kernel: 'builtin:selfcheck',
    device_model_version: version === 'qemu_xen' ? 'qemu-xen' : 'qemu-xen-traditional',
    device_model_override: program,
  };
  const texts = Object.entries(settings).map(([name, value]) => `${name} = "${value}"\n`);
  writeFileSync(path, `${texts.join('')}memory = 16\nvcpus = 1\n`);
  return path;
}

describe.each(models)('kill -9 of xl, beside $version,', ({ model, late }) => {
  it('while it saves: guest and device model go on', async () => {
    const domid = await host.guest(model.config('vm'));
    const command = xl(['save', 'vm', '-']);
    await expect.poll(() => host.leftovers(), PATIENCE).toContain(`qemu-save.${domid}`);
    expect(await domainSummary(host.host, domid)).toMatchObject({ shutdown: true });
    await kill(command);
    await expect.poll(() => model.isRunning(host.host, domid).catch(() => false), PATIENCE).toBe(true);
    await expect.poll(async () => (await domainSummary(host.host, domid)).shutdown, PATIENCE).toBe(false);
    await expect.poll(() => host.leftovers(), PATIENCE).not.toContain(`qemu-save.${domid}`);
    expect(host.deviceModels()).toHaveLength(1);
  });

  it('while it restores: nothing is left', async () => {
    const file = await saved(model);
    const command = xl(['restore', '-e', configFile(model, late), file]);
    await expect.poll(() => host.leftovers(), PATIENCE).toContainEqual(expect.stringMatching(/^qemu-dm-\d+\.pid$/));
    await kill(command);
    await expect.poll(() => host.leftovers(), PATIENCE).toEqual([]);
  });

  it('while it creates: nothing is left', async () => {
    const command = xl(['create', '-e', configFile(model, late)]);
    await expect.poll(() => host.leftovers(), PATIENCE).toContainEqual(expect.stringMatching(/^qemu-dm-\d+\.pid$/));
    await kill(command);
    await expect.poll(() => host.leftovers(), PATIENCE).toEqual([]);
  });
});
