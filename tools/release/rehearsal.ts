import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Package, root, SCOPE, workspacePackages } from '../workspace.js';
import { cloneRepository } from './clone.js';
import { type Environment, environment, PATH_WITH_TOOLS, run } from './command.js';
import { publish } from './publish.js';
import { type LocalRegistry, latestVersion, type PublishedVersion, startRegistry } from './registry.js';
import { makeVersions, type NewVersion } from './versions.js';

export interface RehearsalOptions {
  /** A folder for the clone and the registry. */
  readonly folder: string;
  /** Whether the clone is built, or takes what the repository's folder has built. */
  readonly build: boolean;
  /** Told what is done now. */
  readonly say?: (what: string) => void;
}

/** A release that happened in a clone, to a registry of this machine. */
export interface Rehearsal {
  readonly clone: string;
  readonly registry: LocalRegistry;
  readonly versions: readonly NewVersion[];
  /** Packages of the clone, with the versions that were published. */
  readonly packages: readonly Package[];
  readonly published: ReadonlyMap<Package, PublishedVersion>;
  readonly tags: readonly string[];
}

/** Does all of a release but signing, in a clone and to a registry of its own, which the caller stops. */
export async function rehearseRelease({ folder, build, say = () => {} }: RehearsalOptions): Promise<Rehearsal> {
  const clone = join(folder, 'clone');
  say('clone of the repository, with what is not committed');
  await cloneRepository(clone);
  say(build ? 'what it needs (pnpm install)' : 'what its packages need (pnpm install --prod)');
  await install(clone, build);
  say('versions and changelogs (changeset version)');
  const versions = await makeVersions(clone);
  const packages = workspacePackages(clone);
  say(build ? 'build (turbo)' : 'build (taken from the repository)');
  if (build) await run('turbo', ['run', 'build', '--force', '--output-logs=errors-only'], clone, quiet);
  else for (const { name } of packages) copyBuild(name, clone);
  say('registry on a free port (verdaccio)');
  const registry = await startRegistry(join(folder, 'registry'));
  try {
    say(`publish to ${registry.url} (changeset publish)`);
    await publish(clone, onlyTo(registry));
    const published = await publishedVersions(registry.url, packages);
    const tags = (await run('git', ['tag', '--list'], clone, process.env)).trim().split('\n').sort();
    return { clone, registry, versions, packages, published, tags };
  } catch (e) {
    await registry.stop();
    throw e;
  }
}

const quiet = environment({ PATH: PATH_WITH_TOOLS, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' });

/** npm's settings with which nothing can reach another registry. */
function onlyTo({ url, publisher }: LocalRegistry): Environment {
  const scoped = `npm_config_${SCOPE.slice(0, -1)}:registry`;
  return { npm_config_registry: url, [scoped]: url, npm_config_userconfig: publisher, npm_config_provenance: 'false' };
}

async function install(clone: string, tools: boolean): Promise<void> {
  const args = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  await run('pnpm', tools ? args : [...args, '--prod'], clone, quiet);
  if (tools) return;
  // Only changesets is looked up from the clone (for what writes the changelogs).
  mkdirSync(join(clone, 'node_modules'), { recursive: true });
  symlinkSync(join(root, 'node_modules/@changesets'), join(clone, 'node_modules/@changesets'), 'junction');
}

function copyBuild(name: string, clone: string): void {
  const dist = join('packages', name, 'dist');
  cpSync(join(root, dist), join(clone, dist), { recursive: true });
}

async function publishedVersions(
  registry: string,
  packages: readonly Package[],
): Promise<ReadonlyMap<Package, PublishedVersion>> {
  const pages = packages.map(async (of) => {
    const { name, version } = of.manifest;
    const found = await latestVersion(registry, name);
    if (found.version !== version) throw new Error(`${name} ${version} is published as ${found.version}`);
    return [of, found] as const;
  });
  return new Map(await Promise.all(pages));
}
