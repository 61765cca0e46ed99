import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { XlHost } from '../testing/xl-process.js';

const host = new XlHost();
afterEach(() => host.destroyAll());
afterAll(() => host.close());

const UNSAFE = ['-F', '-n', '-d', '-i', '50'];

describe('xl remus', () => {
  it.each(['pv', 'pvh'])('goes on at the backup when the domain is destroyed here (%s)', async (type) => {
    await host.create('vm', { type });
    await host.works('vm');
    const { domid } = await host.find('vm');
    const remus = host.start(['-v', 'remus', ...UNSAFE, '-e', 'vm', 'localhost']);
    // Both are on one host: the copy has another name until it goes on.
    await host.eventually('a copy', async () => (await host.list()).some(({ name }) => name === 'vm--incoming'));
    let said = '';
    remus.process.stderr?.on('data', (text) => (said += String(text)));
    await host.eventually('a checkpoint', async () => said.includes('checkpoint 3'));
    await host.succeed('destroy', String(domid));
    const { code, stderr } = await remus.result;
    expect(stderr).toContain('Primary domain has been destroyed.\n');
    expect(code).toBe(0);
    await host.eventually('vm', async () => (await host.list()).some(({ name }) => name === 'vm'));
    expect((await host.find('vm')).domid).not.toBe(domid);
    await host.works('vm');
  });

  it('to nobody ends when the domain does', async () => {
    await host.create('vm');
    await host.works('vm');
    const remus = host.start(['-v', 'remus', ...UNSAFE, '-b', 'vm', 'nobody']);
    let said = '';
    remus.process.stderr?.on('data', (text) => (said += String(text)));
    await host.eventually('a checkpoint', async () => said.includes('checkpoint 2'));
    await host.succeed('destroy', 'vm');
    expect(await remus.result).toMatchObject({ code: 0 });
  });

  it.each([
    ['Ctrl-C', 'SIGINT'],
    ['kill -9', 'SIGKILL'],
  ] as const)(
    'ends by %s: of a backup on the same host nothing is left',
    { timeout: 60_000 },
    async (_what, signal) => {
      await host.create('vm');
      await host.works('vm');
      const { domid } = await host.find('vm');
      const remus = host.start(['-v', 'remus', ...UNSAFE, '-e', 'vm', 'localhost']);
      let said = '';
      remus.process.stderr?.on('data', (text) => (said += String(text)));
      await host.eventually('a checkpoint', async () => said.includes('checkpoint 3'));
      remus.process.kill(signal);
      const { code, stderr } = await remus.result;
      expect(code).toBe(signal === 'SIGINT' ? 1 : null);
      if (signal === 'SIGINT') expect(stderr).toContain('xl: interrupted: the domain runs on here.');
      await host.eventually('vm alone', async () => {
        const domains = await host.list();
        const [vm] = domains;
        return domains.length === 1 && vm?.name === 'vm' && vm.domid === domid && !vm.shutdown && !vm.paused;
      });
      await host.works('vm');
    },
  );

  it('says what it lacks', async () => {
    await host.create('vm');
    await host.works('vm');
    expect((await host.run('remus', '-b', 'vm', 'nobody')).stderr).toContain('Unsafe mode must be enabled');
    expect((await host.run('remus', '-F', '-n', '-b', 'vm', 'nobody')).stderr).toContain('no disk replication');
    await host.works('vm');
  });
});
