import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot, workspacePackages } from '../repository.js';

const exec = promisify(execFile);
const scope = '@xen-migration/';
const sampleFile = `${repositoryRoot}packages/stream-format/testdata/xen-4.17-pv32.save.gz`;

interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

let folder: string;
const tarballs = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-alone-'));
  for (const name of workspacePackages()) {
    const into = join(folder, 'tarballs', name);
    await mkdir(into, { recursive: true });
    await exec(
      process.execPath,
      [`${repositoryRoot}node_modules/pnpm/bin/pnpm.cjs`, 'pack', '--pack-destination', into],
      {
        cwd: `${repositoryRoot}packages/${name}`,
      },
    );
    const [tarball] = await readdir(into);
    tarballs.set(scope + name, join(into, tarball ?? ''));
  }
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(workspacePackages())('%s, installed alone from its tarball', (name) => {
  it('brings only what it declares, and the example of its README runs', { timeout: 180_000 }, async () => {
    const project = join(folder, name);
    await mkdir(project, { recursive: true });
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
    const own = await ownDependencies(scope + name);
    await exec(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefer-offline', ...own.map((n) => tarballs.get(n) ?? n)],
      {
        cwd: project,
      },
    );

    const declared = await declaredClosure(project, scope + name);
    expect(await installedPackages(project)).toEqual([...declared].sort());

    const example = readmeExample(await readFile(`${repositoryRoot}packages/${name}/README.md`, 'utf8'));
    await writeFile(join(project, 'example.mjs'), example);
    const env = { ...process.env, XEN_EMBEDDED_DIR: join(project, 'host'), XEN_EMBEDDED_IDLE: '1' };
    // An example that wants a file is given one; none waits for somebody to type.
    const running = exec(process.execPath, ['example.mjs', sampleFile], { cwd: project, env });
    running.child.stdin?.end();
    expect((await running).stdout).not.toBe('');
  });
});

/** The package and those of the workspace that it depends on. */
async function ownDependencies(name: string, found = new Set<string>()): Promise<string[]> {
  if (!found.has(name)) {
    found.add(name);
    const manifest = await readManifest(`${repositoryRoot}packages/${name.slice(scope.length)}`);
    for (const dep of Object.keys(manifest.dependencies ?? {})) {
      if (dep.startsWith(scope)) await ownDependencies(dep, found);
    }
  }
  return [...found];
}

/** Everything that is reachable by declared dependencies and is there (optional ones may be absent). */
async function declaredClosure(project: string, name: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(name)) return found;
  const manifest = await readManifest(join(project, 'node_modules', name)).catch(() => undefined);
  if (manifest === undefined) return found;
  found.add(name);
  for (const dep of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    await declaredClosure(project, dep, found);
  }
  return found;
}

async function installedPackages(project: string): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optional?: boolean }>;
  };
  const present = await Promise.all(
    Object.keys(lock.packages)
      .filter((path) => path !== '')
      .map(async (path) => ((await exists(join(project, path))) ? path.replace(/^.*node_modules\//, '') : undefined)),
  );
  return present.filter((n) => n !== undefined).sort();
}

async function readManifest(at: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(at, 'package.json'), 'utf8')) as Manifest;
}

function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

/** The first block of JavaScript in a README is the package's example. */
function readmeExample(readme: string): string {
  const block = /^```js\n(.*?)^```$/ms.exec(readme);
  if (block?.[1] === undefined) throw new Error('the README has no example: a block of ```js');
  return block[1];
}
