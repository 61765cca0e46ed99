import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plannedVersions } from '../api/bumps.js';
import { committedReports, lastRelease } from '../api/check.js';
import { workspacePackages } from '../workspace.js';
import { installAlone } from './install-alone.js';
import { type Rehearsal, rehearseRelease } from './rehearsal.js';

// What `npm run release -- --dry-run` does, but with the build at hand and under the Node that runs this.
let folder: string;
let rehearsal: Rehearsal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-'));
  rehearsal = await rehearseRelease({ folder, build: false });
}, 300_000);

afterAll(async () => {
  await rehearsal?.registry.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
});

describe('a rehearsed release', () => {
  it('publishes every package at the version that its changesets make, with a tag', async () => {
    const planned = await plannedVersions(workspacePackages());
    const published = [...rehearsal.published].map(([of, { version }]) => [of.manifest.name, version] as const);
    expect(new Map(published)).toEqual(planned);
    expect(rehearsal.tags).toEqual([...planned].map(([name, version]) => `${name}@${version}`).sort());
  });

  it('uses up the changesets for changelogs, and keeps what the released packages promise', () => {
    const left = readdirSync(join(rehearsal.clone, '.changeset')).filter((name) => name.endsWith('.md'));
    expect(left).toEqual([]);
    for (const { of, to } of rehearsal.versions) {
      expect(readFileSync(join(of.folder, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${to}\n`);
      expect(lastRelease(of).reports).toEqual(committedReports(of));
    }
  });
});

describe.each(workspacePackages())('$name, installed alone from the registry', ({ name }) => {
  it('brings only what is declared, and the example of its README runs', { timeout: 180_000 }, async () => {
    const of = rehearsal.packages.find((published) => published.name === name)!;
    const project = join(folder, 'alone', name);
    const alone = await installAlone({ of, registry: rehearsal.registry.url, project, env: process.env });
    expect(alone.installed).toEqual(alone.declared);
    expect(alone.output).not.toBe('');
  });
});
