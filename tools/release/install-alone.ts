import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fencedBlocksOf } from '../docs/markdown.js';
import { type Manifest, type Package, readManifest, root, SCOPE } from '../workspace.js';
import { type Environment, run } from './command.js';

const SAMPLE_FILE = `${root}packages/stream-format/testdata/xen-4.17-pv32.save.gz`;

export interface AloneOptions {
  /** The package at the version that is wanted; its README's example is run. */
  readonly of: Package;
  /** The URL of the registry that has it and those of the workspace that it needs; all others come from npm's own. */
  readonly registry: string;
  /** A folder that does not exist yet, for the project. */
  readonly project: string;
  /** Its PATH decides which Node and npm are used. */
  readonly env: Environment;
}

export interface Alone {
  /** All packages that came with it, itself included, sorted. */
  readonly installed: readonly string[];
  /** Those that it, or what it needs, declares. */
  readonly declared: readonly string[];
  /** What the example wrote to its standard output. */
  readonly output: string;
}

/** Installs a package in an empty project, as a user does, and runs the example of its README there. */
export async function installAlone({ of, registry, project, env }: AloneOptions): Promise<Alone> {
  const { name, version } = of.manifest;
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  await writeFile(join(project, '.npmrc'), `${SCOPE.slice(0, -1)}:registry=${registry}\nengine-strict=true\n`);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `${name}@${version}`], project, env);

  const installed = await installedPackages(project);
  const declared = [...declaredClosure(project, name)].sort();
  await writeFile(join(project, 'example.mjs'), readmeExample(await readFile(join(of.folder, 'README.md'), 'utf8')));
  const host = { XEN_EMBEDDED_DIR: join(project, 'host'), XEN_EMBEDDED_IDLE: '1' };
  // An example that wants a file is given one.
  const output = await run('node', ['example.mjs', SAMPLE_FILE], project, { ...env, ...host });
  return { installed, declared, output };
}

/** Why what came of an installation is not what it should be; undefined when it is. */
export function problemOf({ installed, declared, output }: Alone): string | undefined {
  const undeclared = installed.filter((name) => !declared.includes(name));
  if (undeclared.length > 0) return `brings what nobody declares: ${undeclared.join(', ')}`;
  return output.trim() === '' ? 'the example of its README says nothing' : undefined;
}

/** Everything that is reachable by declared dependencies and is there (optional ones may be absent). */
function declaredClosure(project: string, name: string, found = new Set<string>()): Set<string> {
  const folder = join(project, 'node_modules', name);
  if (found.has(name) || !existsSync(folder)) return found;
  found.add(name);
  const { dependencies, optionalDependencies }: Manifest = readManifest(folder);
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    declaredClosure(project, dependency, found);
  }
  return found;
}

async function installedPackages(project: string): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as { packages: object };
  return Object.keys(lock.packages)
    .filter((path) => path !== '' && existsSync(join(project, path)))
    .map((path) => path.replace(/^.*node_modules\//, ''))
    .sort();
}

/** The first block of JavaScript in a README is the package's example. */
export function readmeExample(readme: string): string {
  const block = fencedBlocksOf(readme).find(({ language }) => language === 'js');
  if (block === undefined) throw new Error('the README has no example: a block of ```js');
  return block.text;
}
