import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plannedVersions } from '../api/bumps.js';
import { committedReports, lastRelease } from '../api/check.js';
import { ownDependencies, type Package, workspacePackages } from '../workspace.js';
import { type Rehearsal, rehearseRelease } from './rehearsal.js';
import { tryAlone } from './trial.js';

// What `npm run release -- --dry-run` does, but with the build at hand and under the Node that runs this.
const node = { version: process.versions.node, env: process.env };
let folder: string;
let rehearsal: Rehearsal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-'));
  rehearsal = await rehearseRelease({ folder, build: false });
}, 600_000);

afterAll(async () => {
  await rehearsal?.registry.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
}, 120_000);

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
    const trial = await tryAlone(of, rehearsal.registry.url, node, join(folder, 'alone', name));
    expect(trial.problem).toBeUndefined();
    expect(trial.packages).toBeGreaterThan(ownDependencies(of, rehearsal.packages).length);
  });
});

it('an example that throws is what went wrong', { timeout: 180_000 }, async () => {
  const [of] = rehearsal.packages as [Package];
  const readme = mkdtempSync(join(folder, 'readme-'));
  writeFileSync(join(readme, 'README.md'), "```js\nimport '@xen-migration/stream-format/nowhere';\n```\n");
  const trial = await tryAlone({ ...of, folder: readme }, rehearsal.registry.url, node, join(folder, 'broken'));
  expect(trial.problem).toMatch(/^node example\.mjs .* failed: (.*\n)*.*ERR_PACKAGE_PATH_NOT_EXPORTED/);
});
