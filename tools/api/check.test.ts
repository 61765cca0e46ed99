import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Package, root, workspacePackages } from '../workspace.js';
import { missingBumps, plannedVersions, type Versions } from './bumps.js';
import { lastRelease, packageBreaks, staleReports } from './check.js';
import { apiReports } from './report.js';

const packages = workspacePackages();
const built = new Map<string, Map<string, string>>();
beforeAll(() => {
  for (const of of packages) built.set(of.name, apiReports(of));
}, 180_000);

const versionsOf = (all: readonly Package[]): Versions =>
  new Map(all.map(({ manifest }) => [manifest.name, manifest.version]));
const reportsOf = (of: Package) => built.get(of.name) ?? new Map<string, string>();

describe('the API reports of the repository', () => {
  it.each(packages)('are what the build of $name promises (if not: npm run api)', (of) => {
    expect(staleReports(of, reportsOf(of))).toEqual([]);
  });

  it('break nothing of the last release that no changeset announces', async () => {
    const broken = new Map(packages.map((of) => [of, packageBreaks(of, lastRelease(of).reports, reportsOf(of))]));
    const planned = await plannedVersions(packages);
    expect(missingBumps(broken, versionsOf(packages), planned, packages).join('\n')).toBe('');
  });
});

describe('a break of stream-format', () => {
  const scope = '@xen-migration/';
  let copy: string;

  // A workspace after its first release, whose stream-format has lost a function and whose verifier wants something new.
  beforeAll(() => {
    mkdirSync(`${root}.cache`, { recursive: true }); // not in node_modules, which api-extractor takes for others' code
    copy = mkdtempSync(`${root}.cache/broken-`);
    for (const name of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json']) {
      cpSync(join(root, name), join(copy, name));
    }
    for (const { name, folder, manifest } of packages) {
      mkdirSync(join(copy, 'packages', name), { recursive: true });
      writeFileSync(
        join(copy, 'packages', name, 'package.json'),
        readFileSync(join(folder, 'package.json'), 'utf8').replace(`"${manifest.version}"`, '"1.0.0"'),
      );
    }
    const dist = join(copy, 'packages/stream-format/dist');
    cpSync(join(root, 'packages/stream-format/dist'), dist, {
      recursive: true,
      filter: (path) => !/\.(js|map|html)$/.test(path),
    });
    edit(join(dist, 'index.d.ts'), 'copyStream', 'copyStream as copyStreamTo');
    edit(join(dist, 'verify/verify-stream.d.ts'), 'stopAtFirst?:', 'stopAtFirst:');
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  function edit(path: string, what: string, by: string): void {
    const text = readFileSync(path, 'utf8');
    expect(text, path).toContain(what);
    writeFileSync(path, text.replace(what, by));
  }

  async function missingWith(changeset: Record<string, string>): Promise<string> {
    const bumps = Object.entries(changeset).map(([name, bump]) => `'${scope}${name}': ${bump}\n`);
    writeFileSync(join(copy, '.changeset/break.md'), `---\n${bumps.join('')}---\n\nA break.\n`);
    const all = workspacePackages(copy);
    const [streamFormat] = all as [Package];
    const released = reportsOf(packages[0]!);
    const broken = new Map([[streamFormat, packageBreaks(streamFormat, released, apiReports(streamFormat))]]);
    return missingBumps(broken, versionsOf(all), await plannedVersions(all, copy), all).join('\n');
  }

  const dependants = ['convert-legacy', 'libxc', 'libxl', 'xl-cli', 'test-harness'];

  it('needs its own major release and that of every dependant', async () => {
    const text = await missingWith({ 'stream-format': 'minor' });
    expect(text).toContain('copyStream: is no longer there');
    expect(text).toMatch(/verifyStream: .*\n(.*\n)*.*stopAtFirst/);
    for (const name of ['stream-format', ...dependants]) expect(text).toContain(`'${scope}${name}': major`);
  });

  it('is not let through by a major release of itself alone, though its dependants are released with it', async () => {
    const text = await missingWith({ 'stream-format': 'major', libxc: 'minor' });
    expect(text).not.toContain(`'${scope}stream-format': major`);
    for (const name of dependants) expect(text).toContain(`'${scope}${name}': major`);
  });

  it('is let through when all are major releases', async () => {
    const all = ['stream-format', ...dependants].map((name) => [name, 'major']);
    expect(await missingWith(Object.fromEntries(all))).toBe('');
  });
});
