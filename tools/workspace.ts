import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export const SCOPE = '@xen-migration/';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines?: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly types: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace: its folder's name is its name without the scope. */
export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The packages of the workspace at `at`, those first that others depend on. */
export function workspacePackages(at = root): Package[] {
  const all = readdirSync(join(at, 'packages')).map((name) => {
    const folder = join(at, 'packages', name);
    return { name, folder, manifest: readManifest(folder) };
  });
  return all.sort((a, b) => ownDependencies(a, all).length - ownDependencies(b, all).length);
}

/** The packages of the workspace that a package depends on, directly or not, without itself. */
export function ownDependencies(of: Package, all: readonly Package[]): Package[] {
  const direct = all.filter((p) => of.manifest.dependencies?.[p.manifest.name] !== undefined);
  return [...new Set(direct.flatMap((p) => [p, ...ownDependencies(p, all)]))];
}

/** The packages of the workspace that depend on a package, directly or not. */
export function dependants(on: Package, all: readonly Package[]): Package[] {
  return all.filter((p) => ownDependencies(p, all).includes(on));
}
