import { afterAll, describe, expect, it } from 'vitest';
import { XlHost } from '../testing/xl-process.js';

const host = new XlHost();
afterAll(() => host.close());

describe('a domain from create to destroy', () => {
  it('starts a host that has no domain', async () => {
    const { stdout } = await host.succeed('list');
    expect(stdout).toBe('Name                                        ID   Mem VCPUs\tState\tTime(s)\n');
  });

  it('creates a guest that works', async () => {
    const { stderr, stdout } = await host.succeed('create', '-e', host.config('one', { vcpus: 2 }));
    expect(stderr).toBe(`Parsing config from ${host.files}/one.cfg\n`);
    expect(stdout).toBe('');
    await host.works('one');
  });

  it('finds it by name and by number', async () => {
    const { domid } = await host.find('one');
    expect((await host.succeed('domid', 'one')).stdout).toBe(`${domid}\n`);
    expect((await host.succeed('domname', String(domid))).stdout).toBe('one\n');
    const { stdout } = await host.succeed('list', 'one');
    expect(stdout.split('\n')[1]).toMatch(/^one {37} +\d+ +16 +2 {5}[r-][b-]---- {2,}\d+\.\d$/);
  });

  it('shows its configuration as libxl has it', async () => {
    const listed = JSON.parse((await host.succeed('list', '-l', 'one')).stdout) as [
      { domid: number; config: { c_info: { name: string }; b_info: { max_vcpus: number } } },
    ];
    expect(listed[0].config).toMatchObject({ c_info: { name: 'one', type: 'pv' }, b_info: { max_vcpus: 2 } });
  });

  it('pauses and unpauses it', async () => {
    await host.succeed('pause', 'one');
    expect((await host.find('one')).paused).toBe(true);
    await host.succeed('unpause', 'one');
    expect((await host.find('one')).paused).toBe(false);
  });

  it('renames it', async () => {
    await host.succeed('rename', 'one', 'uno');
    expect((await host.run('domid', 'one')).code).toBe(1);
    await host.succeed('rename', 'uno', 'one');
  });

  it('gives no name twice', async () => {
    const { code, stderr } = await host.run('create', '-e', host.config('one'));
    expect(code).toBe(3);
    expect(stderr).toContain('Domain with name "one" already exists.');
    await host.create('two');
    const renamed = await host.run('rename', 'two', 'one');
    expect(renamed.code).toBe(1);
    expect(renamed.stderr).toContain("Can't rename domain 'two'.");
    await host.succeed('destroy', 'two');
  });

  it('tells of the host, of vcpus, of its age', async () => {
    const { stdout, stderr } = await host.succeed('info');
    expect(stdout).toMatch(/^host {19}: /);
    expect(stdout).toMatch(/^xen_version {12}: 4\.\d+/m);
    expect(stderr).toMatch(/^note: /);
    expect((await host.succeed('info', 'xen_pagesize')).stdout).toBe('4096\n');
    const vcpus = (await host.succeed('vcpu-list', 'one')).stdout.split('\n');
    expect(vcpus[0]).toBe('Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)');
    expect(vcpus[2]).toMatch(/^one {29} +\d+ +1 +0 +[r-][b-]- +\d+\.\d {2}all \/ all$/);
    expect((await host.succeed('uptime', 'one')).stdout).toMatch(/^Name +ID Uptime\none +\d+ {2}0:0\d:\d\d\n$/);
    expect((await host.succeed('dmesg')).stdout).toContain('embedded host');
  });

  it("refuses in stock's words and with its exit codes", async () => {
    expect(await host.run('pause', 'nosuch')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'nosuch is an invalid domain identifier (rc=-6)\n',
    });
    expect((await host.run('list', '4711')).stderr).toBe("Error: Domain '4711' does not exist.\n");
    expect((await host.run('domid', 'nosuch')).stderr).toBe(
      "Can't get domid of domain name 'nosuch', maybe this domain does not exist.\n",
    );
    expect((await host.run('destroy', '4711')).stderr).toContain('destroy failed (rc=-21)\n');
    expect(await host.run('migrate')).toMatchObject({
      code: 2,
      stderr: "'xl migrate' requires at least 2 arguments.\n\n",
    });
    expect(await host.run('list', '-y')).toMatchObject({ code: 2, stderr: "option `y' not supported.\n" });
    expect(await host.run('nonsense')).toMatchObject({ code: 1, stderr: 'command not implemented\n' });
    expect(await host.run('-x')).toMatchObject({ code: 1, stderr: 'unknown global option\n' });
    expect(await host.run('-N', 'list')).toMatchObject({ code: 1 });
  });

  it('destroys it, and nothing of it stays', async () => {
    await host.succeed('destroy', 'one');
    expect(await host.list()).toEqual([]);
    expect(host.userdata()).toEqual([]);
  });
});

describe('shutdown and reboot', () => {
  it('a monitor destroys a guest that has powered off', async () => {
    await host.succeed('create', '-q', host.config('off'));
    await host.works('off');
    await host.succeed('shutdown', '-w', 'off');
    await host.eventually('off is gone', async () => (await host.list()).length === 0);
  });

  it('a monitor restarts a guest that reboots', async () => {
    await host.succeed('create', '-q', host.config('again', { on_reboot: 'restart' }));
    await host.works('again');
    const { domid } = await host.find('again');
    await host.succeed('reboot', 'again');
    await host.eventually('another domain', async () => {
      const now = (await host.list()).find(({ name }) => name === 'again');
      return now !== undefined && now.domid !== domid && !now.paused;
    });
    await host.works('again');
    await host.succeed('destroy', 'again');
  });

  it('says so of a guest without PV drivers', async () => {
    const { code, stderr } = await host.run('shutdown', 'nosuch');
    expect(code).toBe(1);
    expect(stderr).toBe('nosuch is an invalid domain identifier (rc=-6)\n');
  });
});
