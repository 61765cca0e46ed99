import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import getReleasePlan from '@changesets/get-release-plan';
import { type Package, workspacePackages } from '../workspace.js';
import { type Environment, environment, PATH_WITH_TOOLS, run } from './command.js';

/**
 * Publishes every package of the workspace at `at` whose version its registry does not have, and tags the commit. `changed` is
 * what differs from this process's environment: the registry, the way to sign. Returns what changesets says.
 */
export function publish(at: string, changed: Environment): Promise<string> {
  return run('changeset', ['publish'], at, environment({ PATH: PATH_WITH_TOOLS, ...changed }));
}

/**
 * Why nothing can be published to npm from here, as lines of text; none when it can. `unreleased` are packages that
 * changesets at hand give a new version.
 */
export function refusals(env: Environment, unreleased: readonly string[]): string[] {
  const said: string[] = [];
  if (env.GITHUB_ACTIONS !== 'true') {
    said.push('This is not CI. Releases are made by .github/workflows/release.yml alone, so that npm can prove where');
    said.push('each package was built. To see what a release does: npm run release -- --dry-run');
    return said;
  }
  if (!env.ACTIONS_ID_TOKEN_REQUEST_URL) {
    said.push("The job may not ask for an identity, which npm's provenance needs: give it 'id-token: write'.");
  }
  if (!env.NPM_TOKEN && !env.NODE_AUTH_TOKEN) {
    said.push('There is no token for npm: set the secret NPM_TOKEN and give it to the step as NPM_TOKEN.');
  }
  if (unreleased.length > 0) {
    said.push(`Changesets wait for their versions (npm run release -- --versions): ${unreleased.join(', ')}.`);
  }
  return said;
}

/**
 * Says in each manifest where its sources are, as the CI that runs here names them, where nothing is said: npm refuses
 * provenance for a package that says something else. So who hosts the repository has nothing to write.
 */
export function nameRepository(packages: readonly Package[], env: Environment): void {
  for (const { name, folder } of packages) {
    const path = join(folder, 'package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { repository?: unknown };
    if (manifest.repository !== undefined) continue;
    const url = `git+${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}.git`;
    const repository = { type: 'git', url, directory: `packages/${name}` };
    writeFileSync(path, `${JSON.stringify({ ...manifest, repository }, null, 2)}\n`);
  }
}

/** Publishes to npm with provenance; says why not, and returns false, where that can't be. */
export async function publishToNpm(at: string, env: Environment): Promise<boolean> {
  const packages = workspacePackages(at);
  const { releases } = await getReleasePlan(at);
  const said = refusals(
    env,
    releases.filter(({ type }) => type !== 'none').map(({ name }) => name),
  );
  if (said.length > 0) {
    for (const line of said) console.error(line);
    return false;
  }
  nameRepository(packages, env);
  console.log(await publish(at, { npm_config_provenance: 'true' }));
  return true;
}
