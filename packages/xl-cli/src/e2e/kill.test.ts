import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { encodeMigrationReport, MIGRATION_MESSAGES } from '@xen-migration/stream-format';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Relay } from '../testing/relay.js';
import { type RunningXl, XL, XlHost } from '../testing/xl-process.js';

const host = new XlHost();
afterEach(() => host.destroyAll());
afterAll(() => host.close());

/** Milliseconds after the start; the last ones are after the end on a fast machine. */
const MOMENTS = [40, 90, 130, 170, 210, 260, 330, 420, 550];

const partsOf = (directory: string) => readdirSync(directory).filter((name) => name.includes('.part'));

/** Exactly one vm, which runs on without a loss, and nothing else. */
async function runsAlone(): Promise<void> {
  await host.eventually('vm alone', async () => {
    const domains = await host.list();
    const [vm] = domains;
    return domains.length === 1 && vm?.name === 'vm' && !vm.paused && !vm.shutdown;
  });
  await host.works('vm');
}

/** Files of a destroyed domain: whoever destroys it removes them first. */
const keepsNoFile = () => host.eventually('no file of a domain', async () => host.userdata().length === 0);

async function killAt(xl: RunningXl, moment: number): Promise<void> {
  await sleep(moment);
  xl.kill();
  await xl.result;
}

describe('kill -9', () => {
  it('of a save leaves the guest running and no half file, or a whole file and no guest', {
    timeout: 120_000,
  }, async () => {
    await host.create('vm', { memory: 64 });
    await host.works('vm');
    const file = join(host.files, 'vm.save');
    for (const moment of MOMENTS) {
      await killAt(host.start(['save', 'vm', file]), moment);
      await host.eventually('no part', async () => partsOf(host.files).length === 0);
      if (readdirSync(host.files).includes('vm.save')) {
        await host.eventually('gone', async () => (await host.list()).length === 0);
        await host.succeed('restore', '-e', file);
        rmSync(file);
      }
      await runsAlone();
    }
  });

  it('of a save whose reader is slow resumes the guest', async () => {
    await host.create('vm');
    await host.works('vm');
    const xl = host.start(['save', 'vm', '-'], { stdout: 'ignore' });
    // Nobody reads: it stops in the middle of the suspended guest's memory.
    await host.eventually('suspended', async () => (await host.find('vm')).shutdown);
    xl.kill();
    await xl.result;
    await runsAlone();
  });

  it('of a restore leaves no domain, or a whole one', { timeout: 120_000 }, async () => {
    await host.create('vm', { memory: 64 });
    await host.works('vm');
    const file = join(host.files, 'vm.save');
    await host.succeed('save', 'vm', file);
    for (const moment of MOMENTS) {
      await killAt(host.start(['restore', '-e', file]), moment);
      const left = await host.eventually('settled', async () => {
        const domains = await host.list();
        return domains.every((vm) => vm.name === 'vm' && !vm.paused) ? domains : undefined;
      });
      if (left.length > 0) {
        await host.works('vm');
        await host.succeed('destroy', 'vm');
      }
      await keepsNoFile();
    }
  });

  it('of either end of a migration leaves one running guest', { timeout: 240_000 }, async () => {
    await host.create('vm', { memory: 64 });
    await host.works('vm');
    for (const moment of [...MOMENTS, 700, 900, 1100]) {
      await killAt(host.start(['migrate', '-e', 'vm', 'localhost']), moment);
      await runsAlone();
    }
  });

  it('of a receiver that has not been told to start gives the guest back', async () => {
    await host.create('vm');
    await host.works('vm');
    // The receiver is killed when it says that it is ready, or somewhat later.
    for (const delay of [0, 5, 20, 60]) {
      const script = `'${process.execPath}' '${XL}' migrate-receive -e & r=$!; sleep ${1 + delay / 1000}; kill -9 $r; wait $r`;
      await host.run('migrate', '-s', '', 'vm', script);
      await runsAlone();
    }
  });

  it.each(['banner', 'header', 'transfer', 'ready'])('of a sender at its %s resumes the guest', async (point) => {
    await host.create('vm');
    await host.works('vm');
    const relay = await Relay.open(host.files);
    const xl = host.start(['migrate', '-s', '', 'vm', relay.command]);
    const receiver = await relay.sender();
    if (point !== 'banner') receiver.say(MIGRATION_MESSAGES.banner);
    if (point !== 'banner') await receiver.readHeader();
    if (point === 'transfer') await receiver.reader.read(1_000_000);
    if (point === 'ready') await receiver.readDomain();
    xl.kill();
    await xl.result;
    await runsAlone();
    relay.close();
  });

  it('of a sender after its permission sees the migration through', async () => {
    for (const status of [0, 3]) {
      await host.create('vm');
      await host.works('vm');
      const relay = await Relay.open(host.files);
      const xl = host.start(['migrate', '-s', '', 'vm', relay.command]);
      const receiver = await relay.sender();
      receiver.say(MIGRATION_MESSAGES.banner);
      await receiver.readHeader();
      await receiver.readDomain();
      receiver.say(MIGRATION_MESSAGES.ready);
      await receiver.reader.read(MIGRATION_MESSAGES.permissionToGo.length);
      xl.kill();
      await xl.result;
      expect(await host.list()).toMatchObject([{ name: 'vm--migratedaway', shutdown: true }]);
      receiver.say(encodeMigrationReport(status));
      if (status !== 0) {
        receiver.say(MIGRATION_MESSAGES.permissionToGo);
        await runsAlone();
      } else {
        await host.eventually('the source is gone', async () => (await host.list()).length === 0);
      }
      relay.close();
    }
  });

  it('of a receiver in the middle of a recorded migration leaves nothing', { timeout: 120_000 }, async () => {
    const wire = gunzipSync(
      readFileSync(new URL('../../../stream-format/testdata/xen-4.17-hvm-live.wire.gz', import.meta.url)),
    );
    for (const length of [600, 50_000, 10_000_000, 40_000_000, wire.length - 44]) {
      const receiver = spawn(process.execPath, [XL, 'migrate-receive', '-e'], {
        env: host.env,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      receiver.stdin.on('error', () => {});
      receiver.stdout.resume();
      receiver.stdin.write(wire.subarray(0, length));
      if (length > 50_000) await host.eventually('a half-built domain', async () => (await host.list()).length === 1);
      receiver.kill('SIGKILL');
      await once(receiver, 'exit');
      await host.eventually('nothing left', async () => (await host.list()).length === 0);
      await keepsNoFile();
    }
  });
});
