import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.js';
import { cacheKey, makeWhole } from './cache.js';
import { command } from './command.js';

const SOURCES = `${repositoryRoot}packages/test-harness/src/lab/guest-kernel`;

interface Kernel {
  readonly bits: 32 | 64;
  /** Sources of this kind of guest alone, and its linker script's name. */
  readonly kind: 'pv' | 'pvh';
}

const KERNELS: Readonly<Record<string, Kernel>> = {
  'selfcheck-pv32': { bits: 32, kind: 'pv' },
  'selfcheck-pv64': { bits: 64, kind: 'pv' },
  'selfcheck-pvh': { bits: 32, kind: 'pvh' },
};
const OTHER_KIND = { pv: /pvh\.[cS]$/, pvh: /pv\.[cS]$/ } as const;
const FORMAT = { 32: 'elf_i386', 64: 'elf_x86_64' } as const;

/** No code that needs a library or the processor's larger registers; at the addresses that link.ld gives. */
const COMPILE =
  '-Wall -Wextra -Werror -Os -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables ' +
  '-fno-tree-loop-distribute-patterns -mgeneral-regs-only -mno-red-zone -fcf-protection=none';
const LINK = '-z max-page-size=4096 -z noexecstack --build-id=none --no-warn-rwx-segments';

/**
 * Builds the self-checking kernels (guest-kernel/) with this machine's gcc and ld, and puts them into a folder: for PV
 * guests of both widths and for PVH ones. Cached.
 */
export async function writeGuestKernels(lab: string, folder: string): Promise<void> {
  const names = readdirSync(SOURCES).toSorted();
  const sources = names.map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]);
  const cached = join(lab, 'guest-kernels', cacheKey({ sources, COMPILE, LINK, KERNELS }));
  if (!existsSync(cached)) {
    await makeWhole(cached, async (unfinished) => {
      for (const [name, kernel] of Object.entries(KERNELS)) await build(names, kernel, join(unfinished, name));
    });
  }
  mkdirSync(folder, { recursive: true });
  for (const name of Object.keys(KERNELS)) copyFileSync(join(cached, name), join(folder, name));
}

async function build(names: readonly string[], { bits, kind }: Kernel, output: string): Promise<void> {
  const work = `${output}.objects`;
  mkdirSync(work);
  const objects: string[] = [];
  for (const name of names.filter((it) => /\.[cS]$/.test(it) && !OTHER_KIND[kind].test(it))) {
    const object = name.replace(/\.[cS]$/, '.o');
    const from = join(SOURCES, name);
    await command('gcc', [`-m${bits}`, ...COMPILE.split(' '), '-c', from, '-o', object], { cwd: work });
    objects.push(object);
  }
  const script = join(SOURCES, `link-${kind}.ld`);
  await command('ld', ['-m', FORMAT[bits], ...LINK.split(' '), '-T', script, ...objects, '-o', output], { cwd: work });
}
