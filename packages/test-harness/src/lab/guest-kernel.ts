import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository.js';
import { cacheKey, makeWhole } from './cache.js';
import { command } from './command.js';

const SOURCES = `${repositoryRoot}packages/test-harness/src/lab/guest-kernel`;

/** By bits of a guest's word. */
const KERNELS = { 32: 'elf_i386', 64: 'elf_x86_64' } as const;

/** No code that needs a library or the processor's larger registers; at the addresses that link.ld gives. */
const COMPILE =
  '-Wall -Wextra -Werror -Os -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables ' +
  '-fno-tree-loop-distribute-patterns -mgeneral-regs-only -mno-red-zone -fcf-protection=none';
const LINK = '-z max-page-size=4096 -z noexecstack --build-id=none --no-warn-rwx-segments';

/**
 * Builds the self-checking PV kernel (guest-kernel/) for both widths, with this machine's gcc and ld, and puts it into a
 * folder as selfcheck32 and selfcheck64. Cached.
 */
export async function writeGuestKernels(lab: string, folder: string): Promise<void> {
  const names = readdirSync(SOURCES).toSorted();
  const sources = names.map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]);
  const cached = join(lab, 'guest-kernels', cacheKey({ sources, COMPILE, LINK }));
  if (!existsSync(cached)) {
    await makeWhole(cached, async (unfinished) => {
      for (const width of [32, 64] as const) await build(names, width, unfinished);
    });
  }
  mkdirSync(folder, { recursive: true });
  for (const width of [32, 64]) copyFileSync(join(cached, `selfcheck${width}`), join(folder, `selfcheck${width}`));
}

async function build(names: readonly string[], width: keyof typeof KERNELS, folder: string): Promise<void> {
  const work = join(folder, `objects${width}`);
  mkdirSync(work);
  const objects: string[] = [];
  for (const name of names.filter((it) => /\.[cS]$/.test(it))) {
    const object = name.replace(/\.[cS]$/, '.o');
    const from = join(SOURCES, name);
    await command('gcc', [`-m${width}`, ...COMPILE.split(' '), '-c', from, '-o', object], { cwd: work });
    objects.push(object);
  }
  const script = join(SOURCES, 'link.ld');
  const output = join(folder, `selfcheck${width}`);
  const args = ['-m', KERNELS[width], ...LINK.split(' '), '-T', script, ...objects, '-o', output];
  await command('ld', args, { cwd: work });
}
