import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { refreshPackageLists, unpackPackages } from '../debian-packages.js';
import { cacheFolder } from '../repository.js';
import { RawConnection } from './raw-connection.js';

/** Xen's xenstored and xenstore clients, and the libraries that they need. */
const PACKAGES = [
  'xen-utils-4.17',
  'xenstore-utils',
  'libxenstore4',
  'libxentoolcore1',
  'libxentoollog1',
  'libxenevtchn1',
  'libxengnttab1',
  'libxencall1',
  'libxenforeignmemory1',
  'libxendevicemodel1',
  'libxenmisc4.17',
];
const ROOT = `${cacheFolder}/xenstore`;
const DAEMON = 'usr/lib/xen-4.17/bin/xenstored';
/** Stands in for the hypervisor. */
const NO_XEN = { source: fileURLToPath(new URL('no-xen.c', import.meta.url)), library: `${cacheFolder}/no-xen.so` };

export interface XenPrograms {
  /** Where the packages were unpacked. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds Xen's own xenstore programs in the cache, or else fetches Debian's packages into it. Needs apt and dpkg, and a C compiler; nothing is
 * installed.
 */
export function xenstorePrograms(): XenPrograms | { readonly missing: string } {
  const failure = existsSync(`${ROOT}/${DAEMON}`) ? undefined : fetchPackages();
  if (failure !== undefined) return { missing: `Debian's xenstored could not be fetched: ${failure}` };
  const { source, library } = NO_XEN;
  const compiled = spawnSync('cc', ['-O', '-shared', '-fPIC', '-o', library, source, '-ldl'], { encoding: 'utf8' });
  if (compiled.status !== 0) return { missing: `no C compiler: ${compiled.error?.message ?? compiled.stderr}` };
  const env = { ...process.env, LD_LIBRARY_PATH: `${ROOT}/usr/lib/x86_64-linux-gnu` };
  const { status, stderr, error } = spawnSync(`${ROOT}/${DAEMON}`, ['--help'], { env, encoding: 'utf8' });
  return status === 0
    ? { root: ROOT, env }
    : { missing: `Debian's xenstored does not run: ${error?.message ?? stderr}` };
}

function fetchPackages(): string | undefined {
  if (unpackPackages(PACKAGES, ROOT) === undefined) return undefined;
  refreshPackageLists();
  return unpackPackages(PACKAGES, ROOT);
}

/** A real xenstored in a process of its own. It knows of no domain but 0 (no-xen.c), and keeps its tree in memory. */
export class XenXenstored {
  private constructor(
    readonly socket: string,
    private readonly directory: string,
    private readonly process: ChildProcess,
  ) {}

  static async start({ root, env }: XenPrograms): Promise<XenXenstored> {
    const directory = mkdtempSync(join(tmpdir(), 'xenstored-'));
    const socket = join(directory, 'socket');
    const places = { XENSTORED_RUNDIR: directory, XENSTORED_ROOTDIR: directory, XENSTORED_PATH: socket };
    const options = ['--no-fork', '--pid-file', join(directory, 'pid')];
    const daemon = spawn(`${root}/${DAEMON}`, options, {
      env: { ...env, ...places, LD_PRELOAD: NO_XEN.library },
      stdio: 'ignore',
    });
    const made = new XenXenstored(socket, directory, daemon);
    for (let tries = 0; !(await listens(socket)); tries++) {
      if (daemon.exitCode !== null || tries > 500) {
        made.stop();
        throw new Error(`xenstored did not start (exit code ${daemon.exitCode})`);
      }
      await sleep(20);
    }
    return made;
  }

  stop(): void {
    this.process.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function listens(socket: string): Promise<boolean> {
  try {
    (await RawConnection.open(socket)).close();
    return true;
  } catch {
    return false;
  }
}
