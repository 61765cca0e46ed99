import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RemoteShell } from '../testing/remote-shell.js';
import { XlHost } from '../testing/xl-process.js';

/** A target with an older CPU: said with the features' names before the first page, and forced by who wants it. */

const source = new XlHost();
const older = new XlHost({ XEN_EMBEDDED_CPU_WITHOUT: 'AVX2 ERMS' });
const toOlder = new RemoteShell(source, older);

afterEach(() => Promise.all([source.destroyAll(), older.destroyAll()]));
afterAll(() => Promise.all([source.close(), older.close()]));

const HINT = 'xl: --force-cpu goes on without them, at the risk that the domain crashes of it.\n';
const LACKS = /CPUID 0x7\.0 ebx: AVX2, ERMS/;

describe.each(['pv', 'hvm'])('a %s guest', (type) => {
  it('is not restored on an older CPU, but for --force-cpu', async () => {
    const file = join(source.files, `${type}.save`);
    await source.create('vm', { type });
    await source.works('vm');
    await source.succeed('save', 'vm', file);
    const { code, stderr } = await older.run('restore', '-e', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(LACKS);
    expect(stderr).toContain(HINT);
    expect(await older.list()).toEqual([]);

    const forced = await older.succeed('restore', '-e', '--force-cpu', file);
    expect(forced.stderr).toMatch(LACKS);
    await older.works('vm');
  });

  it('is not migrated to an older CPU, and runs on where it is, but for --force-cpu', async () => {
    await source.create('vm', { type });
    await source.works('vm');
    const migrate = (...options: string[]) =>
      source.run('migrate', '-e', ...options, '-s', toOlder.command, 'vm', 'older');
    const { code, stderr } = await migrate();
    expect(code).not.toBe(0);
    expect(stderr).toMatch(LACKS);
    expect(stderr).toContain(HINT);
    await older.eventually('nothing there', async () => (await older.list()).length === 0);
    expect(await source.find('vm')).toMatchObject({ paused: false, shutdown: false });
    await source.works('vm');

    const forced = await migrate('--force-cpu');
    expect([forced.code, forced.stderr]).toEqual([0, expect.stringMatching(LACKS)]);
    expect(await source.list()).toEqual([]);
    await older.works('vm');
  });
});
