import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { QEMU_VARIABLE } from '@xen-migration/libxl';
import { fetchPackage, libraryPath } from '../debian-packages.js';
import { cacheFolder } from '../repository.js';

/** Debian's QEMU for Xen: the very program that its Xen starts for HVM guests, and a small package. */
const PACKAGE = 'qemu-system-xen';
const ROOT = `${cacheFolder}/qemu`;
const PROGRAM = 'usr/libexec/xen-qemu-system-i386';

/** A QEMU for tests, or why there is none. */
export type TestQemu = { readonly binary: string } | { readonly missing: string };

/**
 * Finds a QEMU: what XEN_QEMU names, an installed qemu-system-xen, the cache, or else fetches the package into the cache.
 */
export function testQemu(): TestQemu {
  const named = process.env[QEMU_VARIABLE] ?? '';
  if (named === 'none') return { missing: `${QEMU_VARIABLE} says none` };
  const found = [named, `/${PROGRAM}`].find((path) => path !== '' && existsSync(path));
  if (found !== undefined) return { binary: found };
  const failure = existsSync(`${ROOT}/${PROGRAM}`) ? undefined : fetchPackage(PACKAGE, ROOT);
  if (failure !== undefined) return { missing: `${PACKAGE} could not be fetched: ${failure}` };
  const binary = writeStarter();
  const { status, stderr, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  return status === 0 ? { binary } : { missing: `${PACKAGE} does not run here: ${error?.message ?? stderr.trim()}` };
}

/** An unpacked QEMU must be told where its libraries and its firmware are. */
function writeStarter(): string {
  const starter = `${ROOT}.sh`;
  const firmware = ['seabios', 'qemu'].map((folder) => `-L '${ROOT}/usr/share/${folder}'`).join(' ');
  const script = `#!/bin/sh\nLD_LIBRARY_PATH='${libraryPath(ROOT)}' exec '${ROOT}/${PROGRAM}' ${firmware} "$@"\n`;
  // Whole or not at all: other test files run it meanwhile.
  const temporary = `${starter}.${process.pid}`;
  writeFileSync(temporary, script, { mode: 0o755 });
  renameSync(temporary, starter);
  return starter;
}
