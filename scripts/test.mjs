// npm test: installs, builds, lints, checks boundaries and exports, runs every test; with `-- --lab` also what of the lab
// fits into CI. The last line says 'N passed, N failed' (and how many tests could not run for want of something, which
// they have named).
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { labCheck } from './lab-check.mjs';
import { build, install, root, tool } from './setup.mjs';

const report = `${root}node_modules/.cache/vitest-report.json`;
const packages = readdirSync(`${root}packages`);
const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function check(name, step) {
  const began = Date.now();
  process.stdout.write(`\n=== ${name}\n`);
  let ok = false;
  try {
    ok = step() === 0;
  } catch (e) {
    process.stdout.write(`${e}\n`);
  }
  count[ok ? 'passed' : 'failed'] += 1;
  if (!ok) failures.push(name);
  process.stdout.write(`=== ${name}: ${ok ? 'ok' : 'FAILED'} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  return ok;
}

function tests() {
  mkdirSync(`${root}node_modules/.cache`, { recursive: true });
  rmSync(report, { force: true });
  const status = tool('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  count.passed += result.numPassedTests;
  count.failed += result.numFailedTests;
  count.skipped += result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults) {
    if (file.status === 'failed' && file.assertionResults.length === 0) count.failed += 1;
    for (const t of file.assertionResults) if (t.status === 'failed') failures.push(t.fullName);
  }
  // vitest also fails for what no single test owns (an unhandled rejection, a file that does not load).
  if (status !== 0 && result.numFailedTests === 0) {
    count.failed += 1;
    failures.push('vitest itself');
  }
}

/** After the tests: a machine that is emulated beside them would make both slow. */
function lab() {
  process.stdout.write('\n=== guests between stock xl and ours on real Xen (lab)\n');
  const cells = labCheck();
  for (const what of ['passed', 'failed', 'skipped']) count[what] += cells[what];
  failures.push(...cells.failures);
}

const ready = check('install', install) && check('build', build);
if (ready) {
  check('lint and format (biome)', () => tool('biome', ['ci', '--error-on-warnings', '.']));
  check('types of the tests (tsc)', () => tool('tsc', ['-b', 'tsconfig.test.json']));
  check('direction of dependencies (dependency-cruiser)', () =>
    tool('depcruise', ['packages', '--config', '.dependency-cruiser.cjs']),
  );
  for (const name of packages) {
    check(`exports of ${name} (publint)`, () =>
      tool('publint', ['run', `packages/${name}`, '--strict', '--pack', 'npm']),
    );
    check(`types of ${name} (are-the-types-wrong)`, () =>
      tool('attw', ['--pack', `packages/${name}`, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']),
    );
  }
  try {
    tests();
  } catch (e) {
    count.failed += 1;
    failures.push(`vitest: ${e}`);
  }
  if (process.argv.includes('--lab')) lab();
}

for (const name of failures) process.stdout.write(`failed: ${name}\n`);
process.stdout.write(
  `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}\n`,
);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
