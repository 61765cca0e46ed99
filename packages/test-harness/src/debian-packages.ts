import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Downloads Debian packages and unpacks them into one folder, which appears whole or not at all. Needs apt and dpkg; no
 * root, and nothing is installed.
 *
 * @param packages all that are needed
 * @returns why it could not be done; undefined where it was
 */
export function unpackPackages(packages: readonly string[], folder: string): string | undefined {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.part-`);
  try {
    const failure = download(packages, work) ?? unpack(work);
    // Another test file may have been quicker.
    if (failure === undefined && !existsSync(folder)) renameSync(`${work}/root`, folder);
    return failure;
  } catch (e) {
    return existsSync(folder) ? undefined : String(e);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The package, and all that it depends on and that this machine has not. @throws Error where apt does not know it */
function withDependencies(name: string): string[] {
  const { status, stdout, stderr, error } = run('apt-get', ['install', '-s', '--no-install-recommends', name], '/');
  const packages = stdout?.match(/^Inst \S+/gm)?.map((line) => line.slice('Inst '.length)) ?? [];
  if (status === 0 && packages.length > 0) return packages;
  throw new Error(error?.message ?? lastLine(stderr) ?? `apt-get does not say what ${name} needs`);
}

/**
 * As unpackPackages, of one package with all that it depends on and that this machine has not.
 *
 * @returns why it could not be done; undefined where it was
 */
export function fetchPackage(name: string, folder: string): string | undefined {
  const attempt = () => {
    try {
      return unpackPackages(withDependencies(name), folder);
    } catch (e) {
      return e instanceof Error ? e.message : String(e);
    }
  };
  if (attempt() === undefined) return undefined;
  refreshPackageLists();
  return attempt();
}

/** Where the unpacked packages in a folder have their libraries, for LD_LIBRARY_PATH. */
export function libraryPath(folder: string): string {
  return ['usr/lib', 'lib'].map((libraries) => `${folder}/${libraries}/x86_64-linux-gnu`).join(':');
}

/** In a fresh container apt knows no packages until it is told to ask; only root may. */
export function refreshPackageLists(): void {
  if (process.getuid?.() === 0) run('apt-get', ['update'], '/');
}

function download(packages: readonly string[], folder: string): string | undefined {
  const { status, error, stderr } = run('apt-get', ['download', ...packages], folder);
  return status === 0 ? undefined : (error?.message ?? lastLine(stderr) ?? 'apt-get failed');
}

function unpack(folder: string): string | undefined {
  const files = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  if (files.length === 0) return 'apt-get left no package';
  for (const file of files) {
    const { status, error, stderr } = run('dpkg-deb', ['-x', file, 'root'], folder);
    if (status !== 0) return error?.message ?? stderr.trim();
  }
  return undefined;
}

function run(command: string, options: readonly string[], cwd: string) {
  return spawnSync(command, options, { cwd, encoding: 'utf8', timeout: 120_000, env: { ...process.env, LC_ALL: 'C' } });
}

function lastLine(text: string | undefined): string | undefined {
  return text?.trim().split('\n').at(-1);
}
