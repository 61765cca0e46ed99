import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DeviceModelFiles,
  deviceModelFiles,
  endProcess,
  type LibxlDomainConfig,
  type ProcessIdentity,
  QmpClient,
  type StartedQemu,
  type StartQemuOptions,
  startQemu,
} from '@xen-migration/libxl';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testQemu } from './qemu.js';

const qemu = testQemu();
const binary = 'binary' in qemu ? qemu.binary : '';
if ('missing' in qemu) process.stderr.write(`tests of the real QEMU are skipped: ${qemu.missing}\n`);

const config: LibxlDomainConfig = {
  c_info: { type: 'hvm', name: 'a, b' },
  b_info: { max_vcpus: 2, avail_vcpus: [0], max_memkb: 65536, 'type.hvm': { boot: 'cd', usb: 'True', soundhw: 'hda' } },
};

let directory: string;
let files: DeviceModelFiles;
const started: ProcessIdentity[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qemu-'));
  files = deviceModelFiles({ state: directory, run: directory }, 7);
});
afterEach(async () => {
  for (const identity of started.splice(0)) await endProcess(identity);
  rmSync(directory, { recursive: true });
});

function start(changes: Partial<StartQemuOptions> = {}): Promise<StartedQemu> {
  return startQemu({
    binary,
    invocation: { domid: 7, config, machine: 'standalone' },
    files,
    directory,
    record: async (identity) => {
      started.push(identity);
    },
    ...changes,
  });
}

async function end(): Promise<void> {
  for (const identity of started.splice(0)) await endProcess(identity);
}

/** It may still have to be waited for. */
const expectGone = () => expect.poll(() => started.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);

describe.skipIf('missing' in qemu)('a real QEMU', () => {
  it('starts stopped, goes on, and stops', async () => {
    const { version } = await start();
    expect(version.major).toBeGreaterThanOrEqual(7);
    const client = await QmpClient.connect(files.command);
    const events: string[] = [];
    client.onEvent(({ name }) => events.push(name));
    expect(await client.status()).toEqual({ status: 'prelaunch', running: false });
    await client.execute({ execute: 'cont' });
    expect(await client.status()).toEqual({ status: 'running', running: true });
    await client.execute({ execute: 'stop' });
    expect(await client.status()).toEqual({ status: 'paused', running: false });
    expect(events).toEqual(['RESUME', 'STOP']);
    for (const enable of [true, false]) {
      await client.execute({ execute: 'xen-set-global-dirty-log', arguments: { enable } });
    }
    const ended = new Promise((resolve) => client.ended.addEventListener('abort', resolve));
    await client.execute({ execute: 'quit' });
    await ended;
  });

  it('writes its state, and another one starts from that and writes the same', async () => {
    await start();
    const saved = join(directory, 'saved');
    const save = async (filename: string) => {
      const client = await QmpClient.connect(files.command);
      await client.execute({ execute: 'xen-save-devices-state', arguments: { filename, live: true } });
      client.close();
    };
    await save(saved);
    expect(readFileSync(saved).subarray(0, 4).toString()).toBe('QEVM');
    expect(readFileSync(saved).includes('cirrus_vga')).toBe(true);
    await end();
    await start({ saved });
    const client = await QmpClient.connect(files.command);
    expect(await client.migration()).toEqual({ status: 'completed', error: undefined });
    expect((await client.status()).running).toBe(false);
    client.close();
    const again = join(directory, 'again');
    await save(again);
    expect(statSync(again).size).toBe(statSync(saved).size);
  });

  it('refuses what it can not do, and goes on', async () => {
    await start();
    const client = await QmpClient.connect(files.command);
    const save = { execute: 'xen-save-devices-state', arguments: { filename: '/nowhere/at/all' } } as const;
    await expect(client.execute(save)).rejects.toMatchObject({ code: 'ERROR_QMP_GENERIC_ERROR' });
    expect((await client.status()).status).toBe('prelaunch');
    client.close();
  });

  it('that is killed is missed at once', async () => {
    const { identity } = await start();
    const client = await QmpClient.connect(files.command);
    const ended = new Promise((resolve) => client.ended.addEventListener('abort', resolve));
    process.kill(identity.pid, 'SIGKILL');
    await ended;
    await expect(client.status()).rejects.toMatchObject({ code: 'ERROR_FAIL' });
    await expect(QmpClient.connect(files.command)).rejects.toMatchObject({ code: 'ERROR_NOT_READY' });
  });

  it('one client at a time: the next one is served when the first is gone', async () => {
    await start();
    const first = await QmpClient.connect(files.command);
    await expect(QmpClient.connect(files.command, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERROR_TIMEDOUT',
    });
    const second = QmpClient.connect(files.command);
    first.close();
    (await second).close();
  });

  it('says why it can not take a state that is cut', async () => {
    await start();
    const saved = join(directory, 'saved');
    const client = await QmpClient.connect(files.command);
    await client.execute({ execute: 'xen-save-devices-state', arguments: { filename: saved } });
    client.close();
    await end();
    truncateSync(saved, 3000);
    await expect(start({ saved })).rejects.toMatchObject({
      code: 'ERROR_FAIL',
      message: expect.stringMatching(/^QEMU ended with status 1: .*load of migration failed/),
    });
    await expectGone();
  });

  it('says why it does not start', async () => {
    const invocation = {
      domid: 7,
      machine: 'standalone',
      config: { ...config, b_info: { max_vcpus: 100_000 } },
    } as const;
    await expect(start({ invocation })).rejects.toMatchObject({
      code: 'ERROR_FAIL',
      message: expect.stringMatching(/^QEMU ended with status 1: .*(smp|SMP|cpus)/i),
    });
    await expectGone();
  });

  it('needs Xen for its Xen machine, and says so', async () => {
    await expect(start({ invocation: { domid: 7, config, machine: 'xen' } })).rejects.toMatchObject({
      message: expect.stringMatching(/^QEMU ended with status \d+: .*xen/i),
    });
    await expectGone();
  });

  it('is not waited for for ever, and can be cancelled; nothing of it is left', async () => {
    const silent = join(directory, 'silent');
    writeFileSync(silent, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    await expect(start({ binary: silent, timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERROR_TIMEDOUT' });
    await expectGone();
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 50);
    await expect(start({ binary: silent, signal: cancel.signal })).rejects.toMatchObject({ code: 'ERROR_ABORTED' });
    await expectGone();
  });

  it('a path that is too long for a socket is refused before anything starts', async () => {
    const long = deviceModelFiles({ state: directory, run: join(directory, 'x'.repeat(100)) }, 7);
    await expect(start({ files: long })).rejects.toMatchObject({ code: 'ERROR_INVAL' });
    expect(started).toEqual([]);
  });
});
