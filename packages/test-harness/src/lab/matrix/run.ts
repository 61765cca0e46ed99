import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWell, type MatrixReport, TerminalTable, writeReport } from '../../report/index.js';
import { repositoryRoot } from '../../repository.js';
import { runJob } from '../job.js';
import type { Lab, Running } from '../lab.js';
import {
  type Cell,
  cellScript,
  type Extent,
  GUESTS,
  type Guest,
  guestsOfExtent,
  type Hosts,
  planCells,
} from './cells.js';
import { type LabFindings, readFindings } from './report.js';

const CELLS = `${repositoryRoot}packages/test-harness/src/lab/matrix/cells.sh`;

export interface LabMatrixOptions {
  readonly guests: readonly Guest[];
  readonly extent: Extent;
  /** Folder of the report. */
  readonly results: string;
  /** Seconds for all that one guest does on a machine. */
  readonly timeout: number;
}

/** Those that were named, or those of the extent. @throws Error for a guest that the lab does not know */
export function guestsOf(names: readonly string[], extent: Extent): Guest[] {
  if (names.length === 0) return [...guestsOfExtent(extent)];
  return names.map((name) => {
    const guest = GUESTS.find((known) => known === name);
    if (guest === undefined) throw new Error(`there is no guest '${name}' (${GUESTS.join(', ')})`);
    return guest;
  });
}

/**
 * Runs the cells of each guest on a machine of its own (the one called `name` where that is up), then those that want two
 * machines, and writes the report. A machine that hangs or dies ends its own cells only.
 *
 * @returns the exit status: 0 where every cell is well
 */
export async function runMatrix(lab: Lab, name: string, options: LabMatrixOptions): Promise<number> {
  const { guests, results, extent } = options;
  mkdirSync(results, { recursive: true });
  const began = Date.now();
  const found: LabFindings[] = [];
  for (const guest of guests) {
    found.push(await findings('one', guest, options, (job) => lab.with(name, job)));
  }
  if (extent === 'whole') found.push(...(await acrossTwo(lab, options)));
  const report: MatrixReport = {
    name: 'guests between stock xl and ours',
    host: 'lab',
    began: new Date(began).toISOString(),
    seconds: (Date.now() - began) / 1000,
    command: `npm run matrix -- --host lab${extent === 'quick' ? ' --quick' : ''} ${guests.join(' ')}`,
    results: found.flatMap((it) => it.results),
    figures: found.flatMap((it) => it.figures),
  };
  tell(report, writeReport(results, report));
  return isWell(report) ? 0 : 1;
}

async function acrossTwo(lab: Lab, options: LabMatrixOptions): Promise<LabFindings[]> {
  const found: LabFindings[] = [];
  let pair: { readonly left: Running; readonly right: Running } | undefined;
  for (const guest of options.guests) {
    found.push(
      await findings('two', guest, options, async (job) => {
        pair ??= await lab.bootTwo();
        await job(pair.left);
      }),
    );
  }
  pair?.left.control.close();
  pair?.right.control.close();
  await lab.down(['left', 'right']);
  return found;
}

/** What came of a guest's cells: those that its machine did not come to are missing. */
async function findings(
  hosts: Hosts,
  guest: Guest,
  { results, timeout, extent }: LabMatrixOptions,
  onMachine: (job: (running: Running) => Promise<void>) => Promise<void>,
): Promise<LabFindings> {
  const planned = planCells(hosts, guest, extent);
  const work = mkdtempSync(join(tmpdir(), 'xen-matrix-'));
  const folder = join(results, `${guest}-${hosts}`);
  mkdirSync(folder, { recursive: true });
  const output = join(folder, 'output');
  writeFileSync(output, '');
  try {
    const script = join(work, `${guest}-${hosts}`);
    writeFileSync(script, cellScript(hosts, guest, extent));
    await onMachine(async ({ machine, control }) => {
      const job = { script, beside: [CELLS], results: folder, timeout };
      await runJob(machine, control, job, (text) => process.stdout.write(text));
    });
    return read(planned, output, 'the run ended before it');
  } catch (e) {
    const why = e instanceof Error ? (e.message.split('\n')[0] ?? '') : String(e);
    process.stderr.write(`lab: ${guest}: ${why}\n`);
    return read(planned, output, why);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function read(planned: readonly Cell[], output: string, missing: string): LabFindings {
  return readFindings(planned, readFileSync(output, 'utf8'), missing);
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
