// npm run api: writes the API reports anew (packages/*/api). With --check only compares, and ends with 1 when they differ.
// In both cases it ends with 1 when something is broken that no changeset announces: of the last release, or of what was
// promised at a commit (--since REF).
import { parseArgs } from 'node:util';
import { staleReports, writeReports } from './check.js';
import { builtReports, unannouncedBreaks } from './unannounced.js';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, since: { type: 'string' } } });
const { check, since } = values;
const built = builtReports();
for (const [of, actual] of built) {
  for (const path of staleReports(of, actual)) {
    console.log(`${path}: ${check ? 'is not what the build promises; run npm run api' : 'written'}`);
    if (check) process.exitCode = 1;
  }
  if (!check) writeReports(of, actual);
}
const missing = await unannouncedBreaks(built, since);
for (const line of missing) console.log(line);
if (missing.length > 0) process.exitCode = 1;
else console.log('API reports: nothing is broken that is not announced.');
