// npm run api: writes the API reports anew (packages/*/api). With --check only compares, and ends with 1 when they differ.
// In both cases it ends with 1 when something is broken that no changeset announces: of the last release, or of what was
// promised at a commit (--since REF).
import { parseArgs } from 'node:util';
import { workspacePackages } from '../workspace.js';
import { promisedAt } from './at-commit.js';
import { missingBumps, plannedVersions } from './bumps.js';
import { lastRelease, packageBreaks, staleReports, writeReports } from './check.js';
import { apiReports } from './report.js';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, since: { type: 'string' } } });
const { check, since } = values;
const packages = workspacePackages();
const before = new Map<string, string>();
const broken = new Map(
  packages.map((of) => {
    const actual = apiReports(of);
    for (const path of staleReports(of, actual)) {
      console.log(`${path}: ${check ? 'is not what the build promises; run npm run api' : 'written'}`);
      if (check) process.exitCode = 1;
    }
    if (!check) writeReports(of, actual);
    const promised = since === undefined ? lastRelease(of) : promisedAt(of, since);
    if (promised === undefined) return [of, []];
    before.set(of.manifest.name, promised.version);
    return [of, packageBreaks(of, promised.reports, actual)];
  }),
);
const missing = missingBumps(broken, before, await plannedVersions(packages), packages);
for (const line of missing) console.log(line);
if (missing.length > 0) process.exitCode = 1;
else console.log('API reports: nothing is broken that is not announced.');
