import { markReleased } from '../api/check.js';
import { type Package, workspacePackages } from '../workspace.js';
import { environment, PATH_WITH_TOOLS, run } from './command.js';

/** A package that the changesets at hand gave a new version. */
export interface NewVersion {
  readonly of: Package;
  readonly from: string;
  readonly to: string;
}

/**
 * Makes versions and changelogs of the changesets in the workspace at `at`. What a package that has a new version promises now
 * is from here on what it must not break.
 */
export async function makeVersions(at: string): Promise<NewVersion[]> {
  const before = new Map(workspacePackages(at).map(({ name, manifest }) => [name, manifest.version]));
  await run('changeset', ['version'], at, environment({ PATH: PATH_WITH_TOOLS }));
  const made = workspacePackages(at).flatMap((of) => {
    const from = before.get(of.name) ?? '';
    const to = of.manifest.version;
    return from === to ? [] : [{ of, from, to }];
  });
  for (const { of } of made) markReleased(of);
  return made;
}
