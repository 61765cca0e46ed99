import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { encodeMigrationReport, MIGRATION_MESSAGES } from '@xen-migration/stream-format';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Relay, type ScriptedReceiver } from '../testing/relay.js';
import { XL, XlHost, type XlResult } from '../testing/xl-process.js';

/** The issue asks for 50; fewer where every run of the tests would pay for it. */
const MIGRATIONS = Number(process.env.XL_MIGRATIONS ?? 6);

const host = new XlHost();
afterEach(() => host.destroyAll());
afterAll(() => host.close());

/** What both ends of a stock migration say, in order. */
const STOCK_TEXTS = [
  'migration target: Ready to receive domain.',
  'Saving to migration stream new xl format (info 0x3/0x0/',
  'Loading new save file <incoming migration stream> (new xl fmt info 0x3/0x0/',
  ' Savefile contains xl domain config in JSON format',
  'Parsing config from <saved>',
  'migration target: Transfer complete, requesting permission to start domain.',
  'migration sender: Target has acknowledged transfer.',
  'migration sender: Giving target permission to start.',
  'migration target: Got permission, starting domain.',
  'migration target: Domain started successsfully.',
  'migration sender: Target reports successful startup.',
  'Migration successful.',
];

describe.each(['pv', 'hvm'])('a %s guest that writes', (type) => {
  it(`is migrated to localhost ${MIGRATIONS} times in a row without a loss`, {
    timeout: 30_000 * MIGRATIONS,
  }, async () => {
    await host.create('vm', { type, vcpus: 2 });
    await host.works('vm');
    for (let i = 0; i < MIGRATIONS; i++) {
      const before = await host.find('vm');
      const { stderr } = await host.succeed('migrate', 'vm', 'localhost');
      const said = stderr.split('\n').filter((line) => line !== '');
      expect(said.length, stderr).toBe(STOCK_TEXTS.length);
      for (const text of STOCK_TEXTS) expect(stderr).toContain(text);
      const after = await host.find('vm');
      expect(after.domid).not.toBe(before.domid);
      expect(after.uuid).toBe(before.uuid);
      expect(await host.list()).toHaveLength(1);
    }
    await host.works('vm');
  });
});

describe('a sender', () => {
  const migrating = async (play: (receiver: ScriptedReceiver) => Promise<void>): Promise<XlResult> => {
    await host.create('vm');
    await host.works('vm');
    const relay = await Relay.open(host.files);
    try {
      const xl = host.start(['migrate', '-s', '', 'vm', relay.command]);
      await play(await relay.sender());
      return await xl.result;
    } finally {
      relay.close();
    }
  };
  const runsHere = async () => {
    expect(await host.list()).toHaveLength(1);
    await host.works('vm');
  };

  it('keeps the guest when the target says something else than the banner', async () => {
    const { code, stderr } = await migrating(async (receiver) => {
      receiver.say('sh: xl: command not found, and this is longer than the banner is\n');
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Migration failed, resuming at sender.');
    await runsHere();
  });

  it('keeps the guest when the target goes away during the transfer', async () => {
    const { code, stderr } = await migrating(async (receiver) => {
      receiver.say(MIGRATION_MESSAGES.banner);
      await receiver.readHeader();
      await receiver.reader.read(100_000);
      receiver.hangUp();
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Migration failed, resuming at sender.');
    await runsHere();
  });

  it('keeps the guest when the target goes away after the transfer', async () => {
    const { code } = await migrating(async (receiver) => {
      receiver.say(MIGRATION_MESSAGES.banner);
      await receiver.readHeader();
      await receiver.readDomain();
      receiver.hangUp();
    });
    expect(code).toBe(1);
    await runsHere();
  });

  it('takes the guest back when the target gives it back', async () => {
    const { code, stderr } = await migrating(async (receiver) => {
      receiver.say(MIGRATION_MESSAGES.banner);
      await receiver.readHeader();
      await receiver.readDomain();
      receiver.say(MIGRATION_MESSAGES.ready);
      expect(Buffer.from(await receiver.reader.read(MIGRATION_MESSAGES.permissionToGo.length))).toEqual(
        Buffer.from(MIGRATION_MESSAGES.permissionToGo),
      );
      receiver.say(encodeMigrationReport(3));
      receiver.say(MIGRATION_MESSAGES.permissionToGo);
    });
    expect(code).toBe(1);
    expect(stderr).toContain('migration sender: Target reports startup failure (status code 3).\n');
    expect(stderr).toContain('migration sender: Trying to resume at our end.\nmigration sender: Resumed OK.\n');
    expect(stderr).toMatch(/Migration failed due to problems at target\.\n$/);
    await runsHere();
  });

  it('leaves it suspended, under another name, when the target does not say whether it runs', async () => {
    const { code, stderr } = await migrating(async (receiver) => {
      receiver.say(MIGRATION_MESSAGES.banner);
      await receiver.readHeader();
      await receiver.readDomain();
      receiver.say(MIGRATION_MESSAGES.ready);
      await receiver.reader.read(MIGRATION_MESSAGES.permissionToGo.length);
      receiver.hangUp();
    });
    expect(code).toBe(1);
    expect(stderr).toContain('** Migration failed during final handshake **');
    expect(await host.list()).toMatchObject([{ name: 'vm--migratedaway', shutdown: true, shutdownReason: 'suspend' }]);
  });

  it('is interrupted cleanly', async () => {
    await host.create('vm');
    await host.works('vm');
    const relay = await Relay.open(host.files);
    const xl = host.start(['migrate', '-s', '', 'vm', relay.command]);
    const receiver = await relay.sender();
    receiver.say(MIGRATION_MESSAGES.banner);
    await receiver.readHeader();
    xl.process.kill('SIGINT');
    const { code, stderr } = await xl.result;
    relay.close();
    expect(code).toBe(1);
    expect(stderr).toContain('Migration failed, resuming at sender.');
    await runsHere();
  });

  it('keeps the guest when the target is not reached', async () => {
    await host.create('vm');
    for (const command of ['exit 255', 'sleep 1; exit 255']) {
      const { code, stderr } = await host.run('migrate', '-s', '', 'vm', command);
      expect(code).toBe(1);
      expect(stderr).toContain('exited with error status 255\n');
      expect(stderr).toContain('xl: vm runs on here.\nMigration failed, resuming at sender.\n');
    }
    await runsHere();
  });

  it('tells that its domain does not exist', async () => {
    expect(await host.run('migrate', 'nosuch', 'localhost')).toMatchObject({
      code: 1,
      stderr: 'nosuch is an invalid domain identifier (rc=-6)\n',
    });
  });
});

describe('a receiver', () => {
  it('takes what a stock xl sent, and answers what a stock receiver answered', async () => {
    const recorded = (name: string) =>
      gunzipSync(
        readFileSync(new URL(`../../../stream-format/testdata/xen-4.17-hvm-live.${name}.gz`, import.meta.url)),
      );
    const receiver = spawn(process.execPath, [XL, 'migrate-receive', '-e'], { env: host.env });
    const answered: Buffer[] = [];
    let said = '';
    receiver.stdout.on('data', (chunk: Buffer) => answered.push(chunk));
    receiver.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
    receiver.stdin.end(recorded('wire'));
    const [code] = await once(receiver, 'exit');
    expect(said).toContain('migration target: Domain started successsfully.\n');
    expect(code).toBe(0);
    expect(Buffer.concat(answered)).toEqual(recorded('back'));
    const domain = await host.find('hvm2');
    expect(domain).toMatchObject({ uuid: '03392644-a0aa-4d15-9f71-0cb544a19ebc', paused: false });
    expect(domain.heldBecause).toMatch(/./);
    expect((await host.run('list')).stderr).toMatch(/^note: hvm2 \(\d+\) is held, not executed: /);
  });

  it('leaves nothing when its sender goes away', async () => {
    const wire = gunzipSync(
      readFileSync(new URL('../../../stream-format/testdata/xen-4.17-hvm-live.wire.gz', import.meta.url)),
    );
    for (const length of [0, 20, 700, 100_000, 20_000_000, wire.length - 44, wire.length - 10]) {
      const receiver = spawn(process.execPath, [XL, 'migrate-receive', '-e'], {
        env: host.env,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      receiver.stdin.on('error', () => {});
      receiver.stdin.end(wire.subarray(0, length));
      expect((await once(receiver, 'exit'))[0]).toBe(1);
      expect(await host.list()).toEqual([]);
    }
  });
});
