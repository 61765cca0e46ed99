import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { repositoryRoot } from '../repository.js';
import { cacheKey, makeWhole } from './cache.js';
import { cpioOf } from './cpio.js';
import { Debian, unpack } from './debian.js';
import { KernelModules } from './kernel-modules.js';
import { ARCHIVES, BOOT_MODULES, DOM0, DOM0_MODULES, LEFT_OUT, TOOLS } from './packages.js';
import { Tools } from './tools.js';

/** What an emulated Xen machine boots from. */
export interface LabImage {
  readonly tools: Tools;
  /** The hypervisor, a plain ELF file. */
  readonly xen: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Dom0's root, ext4. */
  readonly disk: string;
}

type Progress = (what: string) => void;

const FILES = `${repositoryRoot}packages/test-harness/src/lab/files`;

/** The lab's image for these sources: from the cache, or made now (which takes about two minutes and the network). */
export async function labImage(lab: string, progress: Progress): Promise<LabImage> {
  const folder = join(lab, 'images', imageKey());
  if (!existsSync(folder)) {
    progress(`making dom0's disk in ${folder}`);
    await makeWhole(folder, (unfinished) => make(lab, unfinished, progress));
  }
  return {
    tools: new Tools(join(folder, 'tools')),
    xen: join(folder, 'xen'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd'),
    disk: join(folder, 'dom0.ext4'),
  };
}

/** Names the image by all that goes into it, except the versions of Debian's packages: `packages.json` in it has those. */
function imageKey(): string {
  return cacheKey({
    packages: [ARCHIVES, TOOLS, DOM0, LEFT_OUT, BOOT_MODULES, DOM0_MODULES],
    files: readdirSync(FILES).map((name) => [name, readFileSync(join(FILES, name), 'utf8')]),
    node: process.version,
    layout: 3,
  });
}

async function make(lab: string, folder: string, progress: Progress): Promise<void> {
  progress("asking Debian's archives");
  const debian = await Debian.open(join(lab, 'apt'));
  const [tools, dom0] = [await debian.resolve(TOOLS), await debian.resolve(DOM0)];
  progress(`fetching ${tools.length + dom0.length} packages`);
  const toolDebs = await debian.download(TOOLS, tools);
  const dom0Debs = await debian.download(DOM0, dom0);
  writeFileSync(join(folder, 'packages.json'), JSON.stringify({ tools, dom0 }, undefined, 1));
  progress('unpacking');
  await unpack(toolDebs, join(folder, 'tools'), LEFT_OUT);
  const root = join(folder, 'root');
  await unpack(dom0Debs, root, LEFT_OUT);
  progress("making dom0's disk");
  const kernel = layOut(root, folder);
  await makeDisk(new Tools(join(folder, 'tools')), root, join(folder, 'dom0.ext4'));
  copyFileSync(kernel, join(folder, 'vmlinuz'));
  rmSync(root, { recursive: true });
}

/** Boot files beside the root, and on it what the packages' scripts would have set up. Answers the kernel's path. */
function layOut(root: string, folder: string): string {
  const release = readdirSync(join(root, 'usr/lib/modules'))[0];
  if (release === undefined) throw new Error('the kernel package has no modules');
  const kernel = join(root, `boot/vmlinuz-${release}`);
  const xen = readdirSync(join(root, 'boot')).find((name) => /^xen-4\.\d+-amd64\.gz$/.test(name));
  if (xen === undefined) throw new Error('the hypervisor package has no hypervisor');
  // QEMU's multiboot loader takes a plain ELF file only.
  writeFileSync(join(folder, 'xen'), gunzipSync(readFileSync(join(root, 'boot', xen))));

  const busybox = join(root, 'usr/bin/busybox');
  const modules = new KernelModules(join(root, 'usr/lib/modules', release));
  const initrd = join(folder, 'initrd.tree');
  smallSystem(initrd, busybox, 'initrd-init.sh');
  mkdirSync(join(initrd, 'newroot'));
  copyModules(modules.withDependencies(BOOT_MODULES), join(initrd, 'modules'));
  writeFileSync(join(folder, 'initrd'), gzipSync(cpioOf(initrd), { level: 1 }));
  rmSync(initrd, { recursive: true });

  const own = join(root, 'lab');
  mkdirSync(join(own, 'bin'), { recursive: true });
  const loaded = modules.withDependencies(BOOT_MODULES);
  copyModules(
    modules.withDependencies(DOM0_MODULES).filter((path) => !loaded.includes(path)),
    join(own, 'modules'),
  );
  rmSync(join(root, 'usr/lib/modules'), { recursive: true });
  install('dom0-init.sh', join(own, 'init'));
  copyFileSync(process.execPath, join(own, 'bin/node'));
  const guest = join(folder, 'guest.tree');
  smallSystem(guest, busybox, 'guest-init.sh');
  mkdirSync(join(own, 'guests'));
  writeFileSync(join(own, 'guests/initrd'), gzipSync(cpioOf(guest), { level: 1 }));
  copyFileSync(kernel, join(own, 'guests/vmlinuz'));
  rmSync(guest, { recursive: true });
  accounts(root);
  return kernel;
}

/** A tree with busybox and an init. */
function smallSystem(folder: string, busybox: string, init: string): void {
  for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(busybox, join(folder, 'bin/busybox'));
  chmodSync(join(folder, 'bin/busybox'), 0o755);
  install(init, join(folder, 'init'));
}

function install(name: string, path: string): void {
  copyFileSync(join(FILES, name), path);
  chmodSync(path, 0o755);
}

function copyModules(paths: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const path of paths) copyFileSync(path, join(folder, basename(path)));
  writeFileSync(join(folder, 'order'), paths.map((path) => `${basename(path)}\n`).join(''));
}

function accounts(root: string): void {
  const write = (name: string, text: string) => writeFileSync(join(root, 'etc', name), text);
  write('passwd', 'root::0:0:root:/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n');
  write('group', 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n');
  write('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n');
  write('hosts', '127.0.0.1 localhost\n10.77.0.1 left\n10.77.0.2 right\n');
  mkdirSync(join(root, 'root'), { recursive: true });
  mkdirSync(join(root, 'var/log'), { recursive: true });
  for (const [link, target] of [
    ['var/run', '/run'],
    ['var/lock', '/run/lock'],
    ['usr/bin/awk', 'mawk'],
  ] as const) {
    rmSync(join(root, link), { recursive: true, force: true });
    symlinkSync(target, join(root, link));
  }
}

/** Megabytes beyond what the tree holds. */
const ROOM = 400;

async function makeDisk(tools: Tools, root: string, disk: string): Promise<void> {
  const kib = treeKib(root);
  await tools.command('usr/sbin/mke2fs', [
    ...['-q', '-t', 'ext4', '-d', root, '-O', '^has_journal', '-E', 'root_owner=0:0', disk],
    `${Math.ceil(kib / 1024) + ROOM}M`,
  ]);
}

function treeKib(folder: string): number {
  let kib = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) kib += 4 + treeKib(path);
    else if (entry.isFile()) kib += 4 * Math.ceil(readFileSync(path).length / 4096);
  }
  return kib;
}
