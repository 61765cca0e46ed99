import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, workspacePackages } from '../repository.js';

const page = readFileSync(`${repositoryRoot}ARCHITECTURE.md`, 'utf8');
const packages = workspacePackages();
const others = (name: string) => packages.filter((other) => other !== name);

/** What a package may use, by the arrows of the page. */
function drawnArrows(name: string): string[] {
  const block = /## Direction\n+```\n(.*?)```/s.exec(page)?.[1] ?? '';
  const arrows = block
    .trim()
    .split('\n')
    .map((line) => line.split(' <- '));
  return arrows.flatMap(([used = '', user]) => (user === name ? used.split(', ') : [])).sort();
}

function declaredDependencies(name: string): string[] {
  const manifest = JSON.parse(readFileSync(`${repositoryRoot}packages/${name}/package.json`, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  return packages.filter((other) => manifest.dependencies?.[`@xen-migration/${other}`] !== undefined);
}

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
  readonly to: { readonly path?: readonly string[] };
}

const { forbidden } = createRequire(import.meta.url)(`${repositoryRoot}.dependency-cruiser.cjs`) as {
  forbidden: readonly Rule[];
};

/** What a package may use, by the rules of dependency-cruiser. */
function allowedByRules(name: string): string[] {
  const bound = forbidden.filter((rule) => rule.name.startsWith('direction-'));
  const mine = bound.filter(({ from }) => new RegExp(from.path ?? '^$').test(`packages/${name}/src/index.ts`));
  const banned = mine.flatMap(({ to }) => to.path ?? []);
  return others(name).filter(
    (other) => !banned.some((path) => new RegExp(path).test(`packages/${other}/src/index.ts`)),
  );
}

describe('ARCHITECTURE.md: packages', () => {
  it('lists every package of the workspace, and no other', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...packages].sort());
  });

  it.each(packages)('draws what %s declares and dependency-cruiser allows, and nothing else', (name) => {
    const drawn = drawnArrows(name);
    expect(declaredDependencies(name).sort()).toEqual(drawn);
    expect(allowedByRules(name).sort()).toEqual(drawn);
  });
});

const fences = [...page.matchAll(/^```[^\n]*\n(.*?)^```$/gms)].map(([, text = '']) => text);
const spans = [...page.replace(/^```[^\n]*\n.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);

/** Paths in drawings are short: `libxc/save/pv` is packages/libxc/src/save/pv.ts. What stands in <> is not a name. */
const drawnPaths = fences
  .flatMap((text) => text.match(/[a-z-]+(?:\/[a-z-]+)*\/(?:[a-z-]+|(?=<))/g) ?? [])
  .map((path) => path.replace(/^([^/]+)\//, 'packages/$1/src/').replace(/\/$/, ''));

/** Of the code in the text: what has a slash and begins as a path of the repository, of a package, or of its sources. */
const namedPaths = spans
  .filter((text) => /^[\w.*@-]+(\/[\w.*@-]+)+$/.test(text) && !/^(\.\.?|node_modules)\//.test(text))
  .map((path) => (packages.includes(path.split('/')[0] ?? '') ? `packages/${path}` : path));

/** Whether there is such a file or folder. `*` is any name; the suffix .ts may be missing. */
function exists(path: string, at = repositoryRoot): boolean {
  const [first = '', ...rest] = path.split('/');
  const names = first === '*' ? readdirSync(at) : [first, ...(rest.length === 0 ? [`${first}.ts`] : [])];
  const there = names.map((name) => `${at}/${name}`).filter((file) => existsSync(file));
  return rest.length === 0 ? there.length > 0 : there.some((folder) => exists(rest.join('/'), folder));
}

describe('ARCHITECTURE.md: paths', () => {
  it('are found where the page has them', () => {
    expect(namedPaths).toContain('packages/libxl/src/migrate/states.ts');
    expect(namedPaths).toContain('packages/stream-format/testdata');
    expect(drawnPaths).toContain('packages/libxc/src/save/page-sender');
    expect(drawnPaths).toContain('packages/libxc/src/restore');
  });

  it.each([...new Set([...namedPaths, ...drawnPaths])])('%s exists', (path) => {
    expect(exists(path)).toBe(true);
  });

  it('is missed where it does not exist', () => {
    expect(exists('packages/libxc/src/nothing')).toBe(false);
    expect(exists('packages/stream-format/src/*/nothing.ts')).toBe(false);
  });

  it('names entry points that a package has', () => {
    for (const entry of spans.filter((text) => text.startsWith('./'))) {
      const manifests = packages.map((name) => readFileSync(`${repositoryRoot}packages/${name}/package.json`, 'utf8'));
      const exported = manifests.flatMap((text) => Object.keys((JSON.parse(text) as { exports: object }).exports));
      expect(exported).toContain(entry);
    }
  });
});
