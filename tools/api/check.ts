import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import getReleasePlan from '@changesets/get-release-plan';
import { dependants, type Package, root } from '../workspace.js';
import { type Break, breaks } from './compare.js';

/** Reports by entry point. Two sets are kept: of the sources as they are, and of the package's last release. */
export type Reports = ReadonlyMap<string, string>;

const currentFolder = (of: Package) => join(of.folder, 'api');
const releasedFolder = (of: Package) => join(of.folder, 'api', 'released');

export function committedReports(of: Package): Reports {
  return readReports(currentFolder(of));
}

/** What the last release of a package promised; empty when there was none. */
export function releasedReports(of: Package): Reports {
  return readReports(releasedFolder(of));
}

export function writeReports(of: Package, reports: Reports): void {
  replaceReports(currentFolder(of), reports);
}

/** From now on the reports as they are committed are what must not be broken. */
export function markReleased(of: Package): void {
  replaceReports(releasedFolder(of), committedReports(of));
}

function readReports(folder: string): Reports {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((name) => name.endsWith('.d.ts'));
  return new Map(files.map((name) => [basename(name, '.d.ts'), readFileSync(join(folder, name), 'utf8')]));
}

function replaceReports(folder: string, reports: Reports): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readReports(folder).keys()) if (!reports.has(name)) rmSync(join(folder, `${name}.d.ts`));
  for (const [name, text] of reports) writeFileSync(join(folder, `${name}.d.ts`), text);
}

/** Files whose text is not what the build promises, relative to the repository. */
export function staleReports(of: Package, actual: Reports): string[] {
  const committed = committedReports(of);
  const names = new Set([...actual.keys(), ...committed.keys()]);
  return [...names]
    .filter((name) => actual.get(name) !== committed.get(name))
    .map((name) => relative(root, join(currentFolder(of), `${name}.d.ts`)));
}

/** What a package breaks of its last release. */
export function packageBreaks(of: Package, released: Reports, actual: Reports): Break[] {
  return [...released].flatMap(([entry, older]) => {
    const newer = actual.get(entry);
    const prefix = entry === 'index' ? '' : `${entry}: `;
    if (newer === undefined) return [{ name: `entry point ${entry}`, reason: 'is no longer there' }];
    return breaks(older, newer, of.folder).map((b) => ({ ...b, name: `${prefix}${b.name}` }));
  });
}

export type ReleaseTypes = ReadonlyMap<string, string>;

/** What the changesets at hand make of each package: major, minor, patch; absent where it is not released. */
export async function plannedReleases(at = root): Promise<ReleaseTypes> {
  const { releases } = await getReleasePlan(at);
  return new Map(releases.map(({ name, type }) => [name, type]));
}

/**
 * Who breaks something must announce a major release of itself and of every package that depends on it: their
 * users hold its types in their hands, and can't have both releases of it at once. Returns what is missing, as text.
 */
export function missingMajors(
  broken: ReadonlyMap<Package, readonly Break[]>,
  planned: ReleaseTypes,
  all: readonly Package[],
): string[] {
  return [...broken].flatMap(([of, found]) => {
    if (found.length === 0) return [];
    const wanting = [of, ...dependants(of, all)].filter((p) => planned.get(p.manifest.name) !== 'major');
    if (wanting.length === 0) return [];
    const list = found.map(({ name, reason }) => `  ${name}: ${reason.replaceAll('\n', '\n    ')}`);
    return [
      `${of.manifest.name} breaks what its last release promised:`,
      ...list,
      `No changeset announces a major release of ${wanting.map((p) => p.manifest.name).join(', ')}.`,
    ];
  });
}
