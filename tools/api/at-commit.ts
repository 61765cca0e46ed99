import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { type Manifest, type Package, root } from '../workspace.js';
import type { Promised } from './check.js';

/**
 * What a package promised at a commit (a tag, a branch ...), by the reports that were committed there; undefined where
 * it was not there yet. `at` is the repository.
 */
export function promisedAt(of: Package, commit: string, at = root): Promised | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: at, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
  const folder = `packages/${of.name}`;
  const listed = git('ls-tree', '--name-only', '-z', commit, `${folder}/package.json`, `${folder}/api/`);
  const paths = listed.split('\0').filter((path) => path !== '');
  if (!paths.includes(`${folder}/package.json`)) return undefined;
  const show = (path: string) => git('show', `${commit}:${path}`);
  const { version } = JSON.parse(show(`${folder}/package.json`)) as Manifest;
  const reports = paths.filter((path) => path.endsWith('.d.ts')).map((path) => [basename(path, '.d.ts'), show(path)]);
  return { version, reports: new Map(reports as [string, string][]) };
}
