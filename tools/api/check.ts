import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type Package, root } from '../workspace.js';
import { type Break, breaks } from './compare.js';

/** Reports by entry point. Two sets are kept: of the sources as they are, and of the package's last release. */
export type Reports = ReadonlyMap<string, string>;

const currentFolder = (of: Package) => join(of.folder, 'api');
const releasedFolder = (of: Package) => join(of.folder, 'api', 'released');

export function committedReports(of: Package): Reports {
  return readReports(currentFolder(of));
}

/** What a package promised at some time, with the version that it had then. */
export interface Promised {
  readonly version: string;
  readonly reports: Reports;
}

/** What the last release of a package promised; no reports when there was none. */
export function lastRelease(of: Package): Promised {
  return { version: of.manifest.version, reports: readReports(releasedFolder(of)) };
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

/** What a package breaks of what it promised. */
export function packageBreaks(of: Package, promised: Reports, actual: Reports): Break[] {
  return [...promised].flatMap(([entry, older]) => {
    const newer = actual.get(entry);
    const prefix = entry === 'index' ? '' : `${entry}: `;
    if (newer === undefined) return [{ name: `entry point ${entry}`, reason: 'is no longer there' }];
    return breaks(older, newer, of.folder).map((b) => ({ ...b, name: `${prefix}${b.name}` }));
  });
}
