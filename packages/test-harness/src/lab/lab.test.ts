import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheKey, labDirectory, makeWhole } from './cache.js';
import { cpioOf } from './cpio.js';
import { parseUris } from './debian.js';
import { dependenciesOf, KernelModules } from './kernel-modules.js';
import { qemuArguments } from './qemu.js';
import { Tools } from './tools.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-lab-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('cache', () => {
  it('is where the environment says', () => {
    expect(labDirectory({ XEN_LAB_DIR: '/a' })).toBe('/a');
    expect(labDirectory({ XDG_CACHE_HOME: '/b' })).toBe('/b/xen-migration/lab');
    expect(labDirectory({})).toMatch(/\/\.cache\/xen-migration\/lab$/);
  });

  it('keys follow every input and no order of properties', () => {
    expect(cacheKey({ a: 1, b: ['x', 'y'] })).toBe(cacheKey({ b: ['x', 'y'], a: 1 }));
    expect(cacheKey({ a: 1, b: ['x', 'y'] })).not.toBe(cacheKey({ a: 1, b: ['y', 'x'] }));
  });

  it('a folder whose making fails is not there', async () => {
    const target = join(folder, 'image');
    await expect(
      makeWhole(target, async (unfinished) => {
        writeFileSync(join(unfinished, 'part'), '');
        throw new Error('no network');
      }),
    ).rejects.toThrow('no network');
    await makeWhole(target, async (unfinished) => writeFileSync(join(unfinished, 'all'), 'x'));
    expect(readFileSync(join(target, 'all'), 'utf8')).toBe('x');
    expect(() => readFileSync(join(target, 'part'))).toThrow('ENOENT');
  });
});

it("takes the files of packages out of apt's list of addresses", () => {
  const text = [
    "'http://deb.debian.org/debian/pool/main/q/qemu/qemu_7.2%2bdfsg-7_amd64.deb' qemu_1%3a7.2+dfsg-7_amd64.deb 2764220 MD5Sum:e2",
    'W: something else',
    "'http://deb.debian.org/x/xen_4.17_amd64.deb' xen_4.17_amd64.deb 12 ",
    '',
  ].join('\n');
  expect(parseUris(text).map(({ file }) => file)).toEqual(['qemu_1%3a7.2+dfsg-7_amd64.deb', 'xen_4.17_amd64.deb']);
});

describe('kernel modules', () => {
  const info = (depends: string) => Buffer.from(`\x7fELF..license=GPL\0depends=${depends}\0name=x\0`, 'latin1');

  it("reads a module's needs", () => {
    expect(dependenciesOf(info('virtio,virtio_ring'))).toEqual(['virtio', 'virtio_ring']);
    expect(dependenciesOf(info(''))).toEqual([]);
    expect(dependenciesOf(Buffer.from('no section'))).toEqual([]);
  });

  it('orders them, each once, whatever way a name is written, and leaves out what is built in', () => {
    mkdirSync(join(folder, 'kernel/drivers'), { recursive: true });
    for (const [name, depends] of [
      ['xen-blkback', 'xen-privcmd,built_in'],
      ['xen-privcmd', ''],
      ['ext4', 'jbd2,mbcache'],
      ['jbd2', ''],
      ['mbcache', ''],
    ] as const) {
      writeFileSync(join(folder, `kernel/drivers/${name}.ko`), info(depends));
    }
    const order = new KernelModules(folder).withDependencies(['ext4', 'xen_blkback', 'xen-privcmd']);
    expect(order.map((path) => path.replace(/.*\//, ''))).toEqual([
      'jbd2.ko',
      'mbcache.ko',
      'ext4.ko',
      'xen-privcmd.ko',
      'xen-blkback.ko',
    ]);
  });
});

describe('initial RAM disk', () => {
  it('is what the kernel documents: headers of 110 characters, names and bodies on multiples of 4, a trailer', () => {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/sh'), 'hello');
    chmodSync(join(folder, 'bin/sh'), 0o755);
    symlinkSync('sh', join(folder, 'bin/ash'));
    expect(entriesOf(cpioOf(folder))).toEqual([
      { name: 'bin', type: 0o040000, body: '' },
      { name: 'bin/ash', type: 0o120000, body: 'sh' },
      { name: 'bin/sh', type: 0o100000, body: 'hello' },
      { name: 'TRAILER!!!', type: 0, body: '' },
    ]);
  });

  it.skipIf(spawnSync('cpio', ['--version']).status !== 0)('is read by cpio', () => {
    writeFileSync(join(folder, 'file'), 'x');
    const listed = spawnSync('cpio', ['-t'], { input: cpioOf(folder), encoding: 'utf8' });
    expect(listed.stdout).toBe('file\n');
  });

  function entriesOf(archive: Buffer) {
    const entries = [];
    for (let at = 0; at < archive.length; ) {
      expect(archive.toString('latin1', at, at + 6)).toBe('070701');
      const field = (i: number) => Number.parseInt(archive.toString('latin1', at + 6 + 8 * i, at + 14 + 8 * i), 16);
      const [mode, size, nameSize] = [field(1), field(6), field(11)];
      const body = Math.ceil((at + 110 + nameSize) / 4) * 4;
      entries.push({
        name: archive.toString('latin1', at + 110, at + 110 + nameSize - 1),
        type: mode & 0o170000,
        body: archive.toString('latin1', body, body + size),
      });
      at = Math.ceil((body + size) / 4) * 4;
    }
    return entries.sort((a, b) =>
      a.name === 'TRAILER!!!' ? 1 : b.name === 'TRAILER!!!' ? -1 : a.name < b.name ? -1 : 1,
    );
  }
});

describe("QEMU's arguments", () => {
  const image = { tools: new Tools('/tools'), xen: '/xen', kernel: '/vmlinuz', initrd: '/initrd', disk: '/disk' };
  const machine = { name: 'lab', folder: '/m', share: '/m/share', kvm: false, memory: 4096, dom0Memory: 1536, cpus: 2 };
  const after = (args: readonly string[], option: string) => args[args.indexOf(option) + 1];

  it('emulate a processor on which Xen and dom0 start', () => {
    const args = qemuArguments(image, machine);
    expect(after(args, '-cpu')).toMatch(/^max,-smap,/);
    expect(after(args, '-append')).toMatch(/^dom0_mem=1536M,max:1536M dom0_max_vcpus=1 /);
    expect(after(args, '-initrd')).toBe(
      '/vmlinuz root=/dev/vda rw console=hvc0 quiet net.ifnames=0 lab.name=lab,/initrd',
    );
    expect(after(args, '-nic')).toBe('none');
  });

  it('use KVM, another hypervisor and a network where asked', () => {
    const network = { role: 'connect', port: 7, address: '10.77.0.2' } as const;
    const args = qemuArguments(image, { ...machine, kvm: true, xen: '/xen-pv32', network });
    expect(after(args, '-accel')).toBe('kvm');
    expect(after(args, '-kernel')).toBe('/xen-pv32');
    expect(after(args, '-netdev')).toBe('socket,id=net,connect=127.0.0.1:7');
    expect(after(args, '-initrd')).toContain(' lab.address=10.77.0.2,/initrd');
  });

  it("run Debian's programs with their own loader and libraries", () => {
    expect(image.tools.words('usr/bin/x')).toEqual([
      '/tools/lib64/ld-linux-x86-64.so.2',
      '--library-path',
      expect.stringMatching(/^\/tools\/lib\/x86_64-linux-gnu:/),
      '/tools/usr/bin/x',
    ]);
  });
});
