import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The packages that are tried: their commands, and libxl's calls. */
export interface PackagesUnderTest {
  /** Where they were found, for the report. */
  readonly where: string;
  readonly xl: string;
  readonly xenStream: string;
  readonly convertLegacy: string;
  /** What libxl exports; by its own types, as the harness was built with them. */
  readonly libxl: typeof import('@xen-migration/libxl');
  /** That file, for a process of its own. */
  readonly libxlEntry: string;
}

const SCOPE = '@xen-migration';

/**
 * Finds the packages that are to be tried.
 *
 * @param directory a checkout of the repository (built), or a folder in which the packages are installed; default: those
 *   beside the harness
 * @throws Error that says what is missing
 */
export async function packagesUnderTest(directory?: string): Promise<PackagesUnderTest> {
  const xlCli = findPackage('xl-cli', directory);
  // The others are those that this xl uses.
  const libxl = dependencyOf(xlCli, 'libxl');
  const libxlEntry = entryOf(libxl);
  return {
    where: directory === undefined ? dirname(dirname(xlCli)) : resolve(directory),
    xl: binOf(xlCli, 'xl'),
    xenStream: binOf(dependencyOf(libxl, 'stream-format'), 'xen-stream'),
    convertLegacy: binOf(dependencyOf(libxl, 'convert-legacy'), 'convert-legacy-stream'),
    libxl: (await import(pathToFileURL(libxlEntry).href)) as PackagesUnderTest['libxl'],
    libxlEntry,
  };
}

function findPackage(name: string, directory: string | undefined): string {
  if (directory === undefined) return resolvePackage(name, fileURLToPath(import.meta.url));
  const inWorkspace = join(resolve(directory), 'packages', name);
  if (existsSync(join(inWorkspace, 'package.json'))) return inWorkspace;
  return resolvePackage(name, join(resolve(directory), 'package.json'));
}

function dependencyOf(packageFolder: string, name: string): string {
  return resolvePackage(name, join(packageFolder, 'package.json'));
}

function resolvePackage(name: string, from: string): string {
  try {
    return dirname(createRequire(from).resolve(`${SCOPE}/${name}/package.json`));
  } catch (e) {
    throw new Error(`${SCOPE}/${name} is not installed for ${from}`, { cause: e });
  }
}

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, { readonly default?: string }>>;
}

function manifestOf(packageFolder: string): Manifest {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as Manifest;
}

function binOf(packageFolder: string, command: string): string {
  const path = manifestOf(packageFolder).bin?.[command];
  if (path === undefined) throw new Error(`${packageFolder} has no command ${command}`);
  return built(join(packageFolder, path), packageFolder);
}

function entryOf(packageFolder: string): string {
  const path = manifestOf(packageFolder).exports?.['.']?.default;
  if (path === undefined) throw new Error(`${packageFolder} exports nothing`);
  return built(join(packageFolder, path), packageFolder);
}

function built(path: string, packageFolder: string): string {
  if (existsSync(path) && existsSync(join(packageFolder, 'dist'))) return path;
  throw new Error(`${packageFolder} is not built: ${path} is missing`);
}
