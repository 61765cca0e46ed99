import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheKey, makeWhole } from './cache.js';
import { command } from './command.js';
import { Debian, unpack } from './debian.js';
import { ARCHIVES, XEN_BUILD_TOOLS, XEN_CONFIG } from './packages.js';

/**
 * A hypervisor built from Debian's source of Xen, with what Debian leaves out: shadow paging, without which no PV guest
 * can be migrated live, and 32-bit PV. Cached; making it takes some two minutes, and this machine's gcc, make and python3.
 *
 * @returns its path
 */
export async function builtXen(lab: string, progress: (what: string) => void): Promise<string> {
  const folder = join(lab, 'hypervisors', cacheKey({ archives: ARCHIVES, config: XEN_CONFIG }));
  if (!existsSync(folder)) {
    progress(`building a hypervisor with ${XEN_CONFIG.join(', ')}`);
    await makeWhole(folder, (unfinished) => make(lab, unfinished));
  }
  return join(folder, 'xen');
}

async function make(lab: string, folder: string): Promise<void> {
  const debian = await Debian.open(join(lab, 'apt'));
  const tools = join(folder, 'tools');
  await unpack(await debian.download(XEN_BUILD_TOOLS, await debian.resolve(XEN_BUILD_TOOLS)), tools);
  const sources = join(folder, 'sources');
  mkdirSync(sources);
  writeFileSync(join(folder, 'version'), await debian.downloadSource('xen', sources));
  const archive = readdirSync(sources).find((name) => name.includes('.orig.tar'));
  if (archive === undefined) throw new Error("Debian's source package of Xen has no sources");
  await command('tar', ['-x', '-C', sources, '-f', join(sources, archive)]);
  const tree = readdirSync(sources, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name ?? '';
  await build(join(sources, tree, 'xen'), tools);
  copyFileSync(join(sources, tree, 'xen', 'xen'), join(folder, 'xen'));
  for (const done of [sources, tools]) rmSync(done, { recursive: true });
}

async function build(tree: string, tools: string): Promise<void> {
  const env = {
    PATH: `${join(tools, 'usr/bin')}:${process.env.PATH}`,
    BISON_PKGDATADIR: join(tools, 'usr/share/bison'),
    M4: join(tools, 'usr/bin/m4'),
    LD_LIBRARY_PATH: join(tools, 'usr/lib/x86_64-linux-gnu'),
  };
  const run = (...args: string[]) => command('make', args, { cwd: tree, env });
  await run('defconfig');
  const config = join(tree, '.config');
  const kept = readFileSync(config, 'utf8')
    .split('\n')
    .filter((line) => !XEN_CONFIG.some((name) => line.includes(`${name} `) || line.startsWith(`${name}=`)));
  writeFileSync(config, [...kept, ...XEN_CONFIG.map((name) => `${name}=y`), ''].join('\n'));
  await run('olddefconfig');
  await run(`-j${availableParallelism()}`, 'build');
}
