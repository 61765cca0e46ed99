// The part of the lab that fits into CI: real Xen, emulated, a PV64 and an HVM guest saved by each toolstack and restored
// by the other (packages/test-harness/docs/lab.md). About four minutes where there is no cache, on two free cores.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { root } from './setup.mjs';

const lab = `${root}packages/test-harness/dist/lab.js`;
const report = `${root}node_modules/.cache/lab-report`;
const MACHINE = 'ci';
/** A machine has 4 GiB. */
const MEMORY_KIB = 5 * 1024 * 1024;
const CELLS = 4;
const PATIENCE_MS = 8 * 60_000;

/** @returns {{ passed: number, failed: number, skipped: number, failures: string[] }} cells, as tests */
export function labCheck() {
  const missing = whatIsMissing();
  if (missing !== undefined) {
    process.stdout.write(`skipped: ${missing}\n`);
    return { passed: 0, failed: 0, skipped: CELLS, failures: [] };
  }
  let found = quickMatrix();
  if (found.failed.length > 0) {
    process.stdout.write('not all is well: once more, on a machine booted anew\n');
    found = quickMatrix();
  }
  const skipped = CELLS - found.passed - found.failed.length;
  if (skipped > 0)
    process.stdout.write(`skipped: ${skipped} cells that the machine did not come to in ${PATIENCE_MS / 60_000} min\n`);
  return { passed: found.passed, failed: found.failed.length, skipped, failures: found.failed };
}

function whatIsMissing() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the lab needs Linux on x86-64';
  const available = Number(/^MemAvailable: *(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);
  if (available < MEMORY_KIB) return `the lab needs 5 GiB of free memory, ${(available / 2 ** 20).toFixed(1)} GiB are`;
  if (run('image') !== 0) return "the lab's image can't be made (Debian's archive, apt-get, dpkg-deb)";
  return undefined;
}

/** A cell that the machine did not come to has no verdict: a machine this slow says nothing of the toolstacks. */
function quickMatrix() {
  rmSync(report, { recursive: true, force: true });
  run('matrix', '--host', 'lab', '--quick', '--name', MACHINE, '--results', report);
  run('down', MACHINE);
  const results = existsSync(`${report}/matrix.json`)
    ? JSON.parse(readFileSync(`${report}/matrix.json`, 'utf8')).results
    : [];
  return {
    passed: results.filter(({ outcome }) => outcome === 'ok').length,
    failed: results
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ guest, operation, why }) => `lab: ${guest}: ${operation}: ${why}`),
  };
}

function run(...args) {
  return spawnSync(process.execPath, [lab, ...args], { stdio: 'inherit', timeout: PATIENCE_MS }).status;
}
