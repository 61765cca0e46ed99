import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryRoot, workspacePackages } from '../repository.js';
import { command } from './command.js';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** Of packages: what no code reads at run time. */
const NOT_READ = /\/(vendor|doc|docs|test)$|\.(d\.ts|map|cc|hh|c|h|S|asm|md|txt)$|tsbuildinfo$/;

/**
 * Packs the built packages as an installation would lay them out: node_modules with the workspace's packages and all that
 * they depend on, and bin with their commands. `work` is a folder for the time being.
 */
export async function packPayload(archive: string, work: string): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'bin'), { recursive: true });
  const done = new Set<string>();
  for (const name of workspacePackages()) install(join(repositoryRoot, 'packages', name), work, done, true);
  await command('tar', ['-c', '-f', archive, '-C', work, '.']);
  rmSync(work, { recursive: true });
}

function install(from: string, folder: string, done: Set<string>, own: boolean): void {
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest;
  if (done.has(manifest.name)) return;
  done.add(manifest.name);
  const to = join(folder, 'node_modules', manifest.name);
  const filter = (path: string) => !isLeftOut(path, from);
  for (const part of own ? ['package.json', 'dist', 'bin'] : ['.']) {
    const path = join(from, part);
    if (existsSync(path)) cpSync(path, join(to, part), { recursive: true, dereference: true, filter });
  }
  if (own) commands(manifest, folder);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const found = findPackage(name, from);
    if (found !== undefined) install(found, folder, done, found.startsWith(join(repositoryRoot, 'packages')));
    else if (manifest.dependencies?.[name] !== undefined)
      throw new Error(`${manifest.name} needs ${name}: not installed`);
  }
}

function isLeftOut(path: string, from: string): boolean {
  return path === join(from, 'node_modules') || NOT_READ.test(path.slice(from.length));
}

/** The folder of a package that `from` depends on; undefined where it is not installed (optional, another platform). */
function findPackage(name: string, from: string): string | undefined {
  for (const place of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    if (existsSync(join(place, name, 'package.json'))) return realpathSync(join(place, name));
  }
  return undefined;
}

function commands(manifest: Manifest, folder: string): void {
  const bins =
    typeof manifest.bin === 'string' ? { [manifest.name.replace(/^@.*\//, '')]: manifest.bin } : manifest.bin;
  for (const [name, path] of Object.entries(bins ?? {})) {
    const program = join('..', 'node_modules', manifest.name, path);
    const script = `#!/bin/sh\nexec node "$(dirname "$(readlink -f "$0")")/${program}" "$@"\n`;
    writeFileSync(join(folder, 'bin', name), script, { mode: 0o755 });
  }
}
