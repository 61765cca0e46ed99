import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { minVersion, satisfies } from 'semver';
import { type Package, root } from '../workspace.js';
import { type Environment, environment, run } from './command.js';

/** A Node that was fetched from npm, and the environment in which `node` and `npm` are that one's. */
export interface NodeVersion {
  readonly version: string;
  readonly env: Environment;
}

/** The packages that carry the binaries of Node, for this machine. */
const BINARIES = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** npm of this major runs on every Node from 18 on, so also where the npm at hand is too new. */
const OLDER_NPM = 'npm@9';

/** The oldest Node that every package claims to run on. */
export function oldestSupported(packages: readonly Package[]): string {
  const oldest = packages.map(({ manifest }) => minVersion(manifest.engines?.node ?? '*')?.version ?? '');
  const [first = ''] = oldest;
  if (oldest.some((version) => version !== first)) throw new Error(`packages differ in engines.node: ${oldest}`);
  return first;
}

/** Fetches a Node (a version, a range or a tag of npm) into `folder`. */
export async function fetchNode(wanted: string, folder: string): Promise<NodeVersion> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'node-for-rehearsal', private: true }));
  await install(folder, `${BINARIES}@${wanted}`);
  const binaries = join(folder, 'node_modules', BINARIES, 'bin');
  const version = (await run(join(binaries, 'node'), ['--version'], folder, process.env)).trim().slice(1);
  const path = [binaries];
  if (!(await npmRunsOn(version))) {
    await install(folder, OLDER_NPM);
    path.push(join(folder, 'node_modules', '.bin'));
  }
  return { version, env: environment({ PATH: [...path, process.env.PATH].join(delimiter) }) };
}

async function install(folder: string, what: string): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', what], folder, process.env);
}

/** Whether the npm on PATH says that it supports a version of Node. */
async function npmRunsOn(version: string): Promise<boolean> {
  const npm = (await run('npm', ['--version'], root, process.env)).trim();
  const range = await run('npm', ['view', `npm@${npm}`, 'engines.node', '--json'], root, process.env);
  return satisfies(version, JSON.parse(range) as string);
}
