import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, workspacePackages } from '../repository.js';

const page = readFileSync(`${repositoryRoot}ARCHITECTURE.md`, 'utf8');

/** The arrows of the page: package -> what it may use. */
function drawnArrows(): Map<string, Set<string>> {
  const block = /## Direction\n+```\n(.*?)```/s.exec(page)?.[1] ?? '';
  const arrows = new Map<string, Set<string>>();
  for (const line of block.trim().split('\n')) {
    const [used = '', user = ''] = line.split(' <- ');
    const all = arrows.get(user) ?? new Set();
    for (const name of used.split(', ')) all.add(name);
    arrows.set(user, all);
  }
  return arrows;
}

function declaredDependencies(name: string): string[] {
  const manifest = JSON.parse(readFileSync(`${repositoryRoot}packages/${name}/package.json`, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const scope = '@xen-migration/';
  return Object.keys(manifest.dependencies ?? {})
    .filter((dependency) => dependency.startsWith(scope))
    .map((dependency) => dependency.slice(scope.length));
}

describe('ARCHITECTURE.md', () => {
  it('lists every package of the workspace, and no other', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(workspacePackages().sort());
  });

  it.each(workspacePackages())('draws every arrow that %s declares', (name) => {
    const drawn = drawnArrows().get(name) ?? new Set();
    for (const dependency of declaredDependencies(name)) expect(drawn).toContain(dependency);
  });

  it('names only files that exist', () => {
    const files = [
      ...page.matchAll(/`(?:packages\/)?((?:stream-format|libxc|libxl|xl-cli|test-harness)\/src\/[^`*]+)`/g),
    ];
    expect(files.length).toBeGreaterThan(3);
    for (const [, path] of files)
      expect(() => readFileSync(`${repositoryRoot}packages/${path}`), path).not.toThrow(/ENOENT/);
  });
});
