import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../../repository.js';
import type { Job } from '../job.js';

/** The control domain that this runs in. */
export interface ThisHost {
  /** vmlinuz and initrd of a Linux that checks itself, and the harness's own kernels: what the lab has in /lab/guests. */
  readonly guests: string;
}

/** @throws Error where the cells can't be tried here */
export function checkThisHost({ guests }: ThisHost): void {
  if (!existsSync('/dev/xen/privcmd'))
    throw new Error('this is no control domain of Xen: there is no /dev/xen/privcmd');
  if (process.getuid?.() !== 0) throw new Error('guests are made by root alone');
  for (const name of ['vmlinuz', 'initrd']) {
    if (!existsSync(join(guests, name))) throw new Error(`there is no ${join(guests, name)} (--kernels)`);
  }
}

/**
 * Runs a job in the control domain that this is; its output goes to `print` as it comes. The cells destroy **every** guest of
 * the host: it must be one for tests.
 *
 * @returns the script's exit status
 */
export async function runJobHere(host: ThisHost, job: Job, print: (text: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'xen-matrix-here-'));
  try {
    copyFileSync(job.script, join(folder, 'script'));
    for (const path of job.beside ?? []) cpSync(path, join(folder, basename(path)), { recursive: true });
    return await runScript(folder, host, job.timeout, print);
  } finally {
    if (job.results !== undefined) cpSync(folder, job.results, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

function runScript(
  folder: string,
  { guests }: ThisHost,
  timeout: number,
  print: (text: string) => void,
): Promise<number> {
  const env = { ...process.env, XEN_MATRIX_PACKAGES: packagesFolder(), XEN_MATRIX_GUESTS: resolve(guests) };
  const child = spawn('sh', ['-c', 'exec 2>&1; sh ./script | tee output'], {
    cwd: folder,
    env,
    timeout: timeout * 1000,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', print);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (status) => done(status ?? 1));
  });
}

/** Where our packages lie by their names: beside this one, in a checkout or in node_modules/@xen-migration. */
function packagesFolder(): string {
  const installed = repositoryRoot.endsWith('/node_modules/');
  return installed ? dirname(fileURLToPath(new URL('..', import.meta.url))) : join(repositoryRoot, 'packages');
}
