import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryRoot, workspacePackages } from '../repository.js';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** Parts of third-party packages that their code never reads. */
const SOURCE_PARTS = /\/(src|vendor|doc|docs|test)$/;

/**
 * Lays the built packages out as an installation would: FOLDER/node_modules with the workspace's packages and all that
 * they depend on, and FOLDER/bin with their commands.
 */
export function layOutPayload(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const done = new Set<string>();
  for (const name of workspacePackages()) install(join(repositoryRoot, 'packages', name), folder, done, true);
}

function install(from: string, folder: string, done: Set<string>, own: boolean): void {
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest;
  if (done.has(manifest.name)) return;
  done.add(manifest.name);
  const to = join(folder, 'node_modules', manifest.name);
  if (own) for (const part of ['package.json', 'dist', 'bin']) copy(join(from, part), join(to, part));
  else cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !isLeftOut(path, from) });
  if (own) commands(manifest, folder);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const found = findPackage(name, from);
    if (found !== undefined) install(found, folder, done, found.startsWith(join(repositoryRoot, 'packages')));
    else if (manifest.dependencies?.[name] !== undefined)
      throw new Error(`${manifest.name} needs ${name}: not installed`);
  }
}

function isLeftOut(path: string, from: string): boolean {
  return path !== from && (path === join(from, 'node_modules') || SOURCE_PARTS.test(path.slice(from.length)));
}

function copy(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
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
