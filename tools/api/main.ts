// npm run api: writes the API reports anew (packages/*/api). With --check only compares, and ends with 1 when they differ or
// when something is broken without a major release.
import { workspacePackages } from '../workspace.js';
import { missingMajors, packageBreaks, plannedReleases, releasedReports, staleReports, writeReports } from './check.js';
import { apiReports } from './report.js';

const check = process.argv.includes('--check');
const packages = workspacePackages();
const broken = new Map(
  packages.map((of) => {
    const actual = apiReports(of);
    for (const path of staleReports(of, actual)) {
      console.log(`${path}: ${check ? 'is not what the build promises; run npm run api' : 'written'}`);
      if (check) process.exitCode = 1;
    }
    if (!check) writeReports(of, actual);
    return [of, packageBreaks(of, releasedReports(of), actual)];
  }),
);
const missing = missingMajors(broken, await plannedReleases(), packages);
for (const line of missing) console.log(line);
if (missing.length > 0) process.exitCode = 1;
else console.log('API reports: nothing is broken that is not announced.');
