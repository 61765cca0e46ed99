import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fetchPackage, libraryPath } from '../debian-packages.js';
import { cacheFolder } from '../repository.js';

const PACKAGE = 'openssh-server';
const ROOT = `${cacheFolder}/sshd`;
const PROGRAM = 'usr/sbin/sshd';

/** An sshd for tests and benches. */
export interface FoundSshd {
  readonly program: string;
  /** It was unpacked, and must be told where its libraries are. */
  readonly libraries?: string;
}

/** Finds an sshd: an installed one, the cache, or else fetches Debian's package into the cache; or says why there is none. */
export function findSshd(): FoundSshd | { readonly missing: string } {
  const missing = ['ssh', 'ssh-keygen', 'unshare'].find((tool) => !isThere(tool));
  if (missing !== undefined) return { missing: `there is no ${missing}` };
  if (existsSync(`/${PROGRAM}`)) return { program: `/${PROGRAM}` };
  const failure = existsSync(`${ROOT}/${PROGRAM}`) ? undefined : fetchPackage(PACKAGE, ROOT);
  if (failure !== undefined) return { missing: `${PACKAGE} could not be fetched: ${failure}` };
  return { program: `${ROOT}/${PROGRAM}`, libraries: libraryPath(ROOT) };
}

const isThere = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
