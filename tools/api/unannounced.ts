import { type Package, workspacePackages } from '../workspace.js';
import { promisedAt } from './at-commit.js';
import { missingBumps, plannedVersions } from './bumps.js';
import { lastRelease, packageBreaks, type Reports } from './check.js';
import { apiReports } from './report.js';

/** What the build of every package of this repository promises. */
export function builtReports(): ReadonlyMap<Package, Reports> {
  return new Map(workspacePackages().map((of) => [of, apiReports(of)]));
}

/**
 * What the packages break that no changeset announces, as lines of text: of their last releases, or of what they promised
 * at the commit `since`.
 */
export async function unannouncedBreaks(built: ReadonlyMap<Package, Reports>, since?: string): Promise<string[]> {
  const packages = [...built.keys()];
  const before = new Map<string, string>();
  const broken = new Map(
    [...built].map(([of, actual]) => {
      const promised = since === undefined ? lastRelease(of) : promisedAt(of, since);
      if (promised === undefined) return [of, []];
      before.set(of.manifest.name, promised.version);
      return [of, packageBreaks(of, promised.reports, actual)];
    }),
  );
  return missingBumps(broken, before, await plannedVersions(packages), packages);
}
