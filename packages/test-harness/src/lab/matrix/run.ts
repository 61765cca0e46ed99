import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../repository.js';
import { runJob } from '../job.js';
import type { Control, Machine } from '../machine.js';
import { cellScript, GUESTS, type Guest, planCells } from './cells.js';
import { formatReport, junitOf, readReport } from './report.js';

const CELLS = `${repositoryRoot}packages/test-harness/src/lab/matrix/cells.sh`;

/** @throws Error for a guest that the lab does not know */
export function guestsOf(names: readonly string[]): Guest[] {
  if (names.length === 0) return [...GUESTS];
  return names.map((name) => {
    const guest = GUESTS.find((known) => known === name);
    if (guest === undefined) throw new Error(`there is no guest '${name}' (${GUESTS.join(', ')})`);
    return guest;
  });
}

/** Runs the cells in a machine's dom0, and writes the report. @returns the exit status: 0 where every cell is well */
export async function runMatrix(
  machine: Machine,
  control: Control,
  {
    guests,
    results,
    timeout,
  }: { readonly guests: readonly Guest[]; readonly results: string; readonly timeout: number },
): Promise<number> {
  const planned = planCells(guests);
  const work = mkdtempSync(join(tmpdir(), 'xen-matrix-'));
  try {
    const script = join(work, 'matrix');
    writeFileSync(script, cellScript(planned));
    mkdirSync(results, { recursive: true });
    const job = { script, beside: [CELLS], results, timeout };
    await runJob(machine, control, job, (text) => process.stdout.write(text));
    const report = readReport(planned, readFileSync(join(results, 'output'), 'utf8'));
    writeFileSync(join(results, 'matrix.json'), `${JSON.stringify(report, undefined, 1)}\n`);
    writeFileSync(join(results, 'matrix.xml'), junitOf(report));
    process.stdout.write(`\n${formatReport(report)}`);
    return report.results.every(({ outcome }) => outcome === 'ok') ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true });
  }
}
