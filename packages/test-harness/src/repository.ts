import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root folder, with a slash at its end; the folder `node_modules` where the package is installed. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Where fetched things are kept between runs: in the repository, or beside the package where that is installed. */
export const cacheFolder = repositoryRoot.endsWith('/node_modules/')
  ? `${repositoryRoot}.cache`
  : `${repositoryRoot}node_modules/.cache`;

/** A program of the harness's own, as it is built: beside its sources, or installed. */
export function builtProgram(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}

/** Names of the workspace's packages, without the scope. */
export function workspacePackages(): string[] {
  return readdirSync(`${repositoryRoot}packages`);
}

/**
 * The folder of real streams that are too large for the repository: XEN_STREAMS_DIR, or `streams` in a folder `shared`
 * beside the repository. Undefined where there is none; a test that needs it then skips and says so.
 */
export function sharedStreams(): string | undefined {
  const folder = process.env.XEN_STREAMS_DIR ?? `${repositoryRoot}../shared/streams`;
  return existsSync(folder) ? folder : undefined;
}
