import getReleasePlan from '@changesets/get-release-plan';
import { inc, major, satisfies } from 'semver';
import { dependants, type Package, root } from '../workspace.js';
import type { Break } from './compare.js';

/** Versions by the packages' full names. */
export type Versions = ReadonlyMap<string, string>;

/** The version that each package has after the next release: what the changesets at hand make of it, or what it has. */
export async function plannedVersions(all: readonly Package[], at = root): Promise<Versions> {
  const { releases } = await getReleasePlan(at);
  const current = all.map(({ manifest }) => [manifest.name, manifest.version] as const);
  return new Map([...current, ...releases.map(({ name, newVersion }) => [name, newVersion] as const)]);
}

/**
 * Whether who asked for `^from`, as npm writes it, is kept from `to`. So says semver what may break: from 1.0.0 on a new
 * major version, before that a new minor one (item 4 of semver.org leaves it open; npm's ranges do not).
 */
export function mayBreak(from: string, to: string): boolean {
  return !satisfies(to, `^${from}`);
}

/** The smallest change of a version that users read as a break, as a changeset calls it. */
export function breakingBump(version: string): 'major' | 'minor' {
  return major(version) > 0 ? 'major' : 'minor';
}

/**
 * Who breaks something must announce a breaking release of itself and of every package that depends on it: their
 * users hold its types in their hands, and can't have both releases of it at once. Returns what is missing, as text.
 * `before` has the versions whose promises are broken; who is not in it is new, and has promised nothing.
 */
export function missingBumps(
  broken: ReadonlyMap<Package, readonly Break[]>,
  before: Versions,
  planned: Versions,
  all: readonly Package[],
): string[] {
  return [...broken].flatMap(([of, found]) => {
    if (found.length === 0) return [];
    const missing = [of, ...dependants(of, all)].flatMap((p) => missingBump(p.manifest.name, before, planned));
    if (missing.length === 0) return [];
    const list = found.map(({ name, reason }) => `  ${name}: ${reason.replaceAll('\n', '\n    ')}`);
    return [
      `${of.manifest.name} breaks what ${before.get(of.manifest.name)} promised:`,
      ...list,
      'Its users and those of its dependants must see that by the version. The changesets at hand do not say so:',
      ...missing,
    ];
  });
}

function missingBump(name: string, before: Versions, planned: Versions): string[] {
  const from = before.get(name);
  if (from === undefined) return [];
  const to = planned.get(name) ?? from;
  if (mayBreak(from, to)) return [];
  const bump = breakingBump(from);
  const now = to === from ? `stays ${from}` : `goes from ${from} to ${to}`;
  return [`  ${name} ${now}, and needs ${inc(from, bump)}: a changeset with '${name}': ${bump}`];
}
