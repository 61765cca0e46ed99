import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyStream } from '@xen-migration/stream-format';
import { openInput } from '@xen-migration/stream-format/node';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { XL, XlHost } from '../testing/xl-process.js';

const host = new XlHost();
afterEach(() => host.destroyAll());
afterAll(() => host.close());
const file = (name: string) => join(host.files, name);

describe.each(['pv', 'hvm'])('a %s guest', (type) => {
  it('is saved to a file that is whole and private, and restored without a loss', async () => {
    await host.create('vm', { type });
    await host.works('vm');
    const saved = await host.succeed('save', 'vm', file('vm.save'));
    expect(saved.stderr).toMatch(new RegExp(`^Saving to ${file('vm.save')} new xl format \\(info 0x3/0x0/\\d+\\)\n$`));
    expect(await host.list()).toEqual([]);
    expect(statSync(file('vm.save')).mode & 0o777).toBe(0o600);
    expect((await verifyStream(await openInput(file('vm.save')))).problems).toEqual([]);
    const restored = await host.succeed('restore', '-e', file('vm.save'));
    expect(restored.stderr).toMatch(
      /^Loading new save file .*\n Savefile contains xl domain config in JSON format\nParsing config from <saved>\n(xl: notice: no device model .*\n)?$/,
    );
    await host.works('vm');
    rmSync(file('vm.save'));
    expect(readdirSync(host.files).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('runs on after -c, stays paused after -p', async () => {
    await host.create('vm', { type });
    await host.works('vm');
    await host.succeed('save', '-c', 'vm', file('c.save'));
    await host.works('vm');
    await host.succeed('save', '-p', 'vm', file('p.save'));
    expect(await host.find('vm')).toMatchObject({ paused: true, shutdown: false });
    await host.succeed('unpause', 'vm');
    await host.works('vm');
  });
});

describe('a save', () => {
  it('goes through a pipe, to another host', async () => {
    const other = new XlHost();
    try {
      await host.create('vm');
      await host.works('vm');
      const save = `'${process.execPath}' '${XL}' save vm -`;
      const restore = `XEN_EMBEDDED_DIR='${other.directory}' '${process.execPath}' '${XL}' restore -e -`;
      const pipe = spawn('sh', ['-c', `${save} | ${restore}`], { env: host.env, stdio: 'ignore' });
      expect((await once(pipe, 'exit'))[0]).toBe(0);
      // The save ends after its reader: it destroys its domain only then.
      await host.eventually('gone', async () => (await host.list()).length === 0);
      await other.works('vm');
    } finally {
      await other.destroyAll();
      await other.close();
    }
  });

  it('that fails leaves the guest running and no file', async () => {
    await host.create('vm');
    await host.works('vm');
    const { code, stderr } = await host.run('save', 'vm', file('no/such/directory/vm.save'));
    expect(code).toBe(1);
    expect(stderr).toContain(`Failed to open temp file ${file('no/such/directory/vm.save')} for writing\n`);
    mkdirSync(file('directory'), { recursive: true });
    expect((await host.run('save', 'vm', file('directory'))).code).toBe(1);
    expect(readdirSync(host.files).filter((name) => name.includes('.part'))).toEqual([]);
    await host.works('vm');
  });

  it('replaces an older file only when it is whole', async () => {
    await host.create('vm');
    writeFileSync(file('old.save'), 'old');
    await host.succeed('save', '-c', 'vm', file('old.save'));
    expect(statSync(file('old.save')).size).toBeGreaterThan(1 << 20);
  });

  it('can be reported as JSON', async () => {
    await host.create('vm');
    const report = JSON.parse((await host.succeed('save', '--json', 'vm', file('json.save'))).stdout) as {
      bytes: number;
    };
    expect(report.bytes).toBe(statSync(file('json.save')).size);
  });
});

describe('an incremental save', () => {
  it('holds what was written since the one before, and any point of the chain is restored', {
    timeout: 60_000,
  }, async () => {
    await host.create('vm', { memory: 32 });
    await host.works('vm');
    await host.succeed('save', '--base', 'vm', file('base.save'));
    await host.succeed('save', '--incremental', file('base.save'), 'vm', file('one.save'));
    await host.works('vm');
    await host.succeed('save', '--incremental', file('one.save'), 'vm', file('two.save'));
    const size = (name: string) => statSync(file(name)).size;
    expect(size('two.save')).toBeLessThan(size('base.save') / 3);
    await host.destroyAll();
    for (const [chain, last] of [
      ['base.save', 'one.save'],
      ['base.save,one.save', 'two.save'],
    ] as const) {
      const before = chain.split(',').map(file).join(',');
      await host.succeed('restore', '-e', '--chain', before, file(last));
      await host.works('vm');
      await host.destroyAll();
    }
  });

  it('is refused where what was written is not known', { timeout: 60_000 }, async () => {
    await host.create('vm');
    await host.works('vm');
    await host.succeed('save', '--base', 'vm', file('old.save'));
    await host.succeed('save', '-c', 'vm', file('plain.save'));
    for (const parent of ['old.save', 'plain.save', 'nosuch.save']) {
      const { code, stderr } = await host.run('save', '--incremental', file(parent), 'vm', file('new.save'));
      expect([code, stderr]).toEqual([1, expect.stringMatching(/no incremental save|take a new base/)]);
    }
    expect(await host.run('save', '--base', '--incremental', file('old.save'), 'vm', file('new.save'))).toMatchObject({
      code: 2,
    });
    expect(readdirSync(host.files)).not.toContain('new.save');
    await host.works('vm');
    const { code, stderr } = await host.run('restore', '--chain', file('plain.save'), file('old.save'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('file 1 of the chain')]);
  });
});

describe('a restore', () => {
  it("refuses what is no save file in stock's words", async () => {
    expect(await host.run('restore', file('nosuch'))).toMatchObject({
      code: 1,
      stderr: "Can't open restore file: No such file or directory\n",
    });
    writeFileSync(file('junk'), 'x'.repeat(100));
    expect(await host.run('restore', file('junk'))).toMatchObject({
      code: 1,
      stderr: 'File has wrong magic number - corrupt or for a different tool?\n',
    });
  });

  it('of a file that was cut names the place, and leaves no domain', async () => {
    await host.create('vm');
    await host.succeed('save', 'vm', file('cut.save'));
    const { truncate } = await import('node:fs/promises');
    await truncate(file('cut.save'), 1_000_000);
    const { code, stderr } = await host.run('restore', '-e', file('cut.save'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/offset \d+/);
    expect(await host.list()).toEqual([]);
    expect(host.userdata()).toEqual([]);
  });
});
