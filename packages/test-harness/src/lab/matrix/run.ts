import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWell, type MatrixReport, TerminalTable, writeReport } from '../../report/index.js';
import { repositoryRoot } from '../../repository.js';
import { runJob } from '../job.js';
import type { Control, Machine } from '../machine.js';
import { cellScript, GUESTS, type Guest, planCells } from './cells.js';
import { readFindings } from './report.js';

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
    const began = Date.now();
    await runJob(machine, control, job, (text) => process.stdout.write(text));
    const report: MatrixReport = {
      name: 'guests between stock xl and ours',
      host: 'lab',
      began: new Date(began).toISOString(),
      seconds: (Date.now() - began) / 1000,
      command: `npm run matrix -- --host lab ${guests.join(' ')}`,
      ...readFindings(planned, readFileSync(join(results, 'output'), 'utf8')),
    };
    tell(report, writeReport(results, report));
    return isWell(report) ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true });
  }
}

function tell({ results, figures }: MatrixReport, page: string): void {
  process.stdout.write('\n');
  const table = new TerminalTable(results, process.stdout);
  for (const result of results) table.end(result);
  table.close();
  for (const { guest, name, seconds } of figures) {
    process.stdout.write(`${guest.padEnd(8)}${name.padEnd(26)}${seconds.toFixed(2)} s\n`);
  }
  process.stdout.write(`the report: ${page}\n`);
}
