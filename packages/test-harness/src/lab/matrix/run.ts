import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWell, type MatrixReport, TerminalTable, writeReport } from '../../report/index.js';
import { builtProgram } from '../../repository.js';
import { type Job, runJob } from '../job.js';
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
import { checkThisHost, runJobHere, type ThisHost } from './here.js';
import { type LabFindings, readFindings } from './report.js';

const CELLS = builtProgram('cells.sh');

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
  const began = Date.now();
  const found: LabFindings[] = [];
  for (const guest of options.guests) {
    found.push(await findings('one', guest, options, (job) => lab.with(name, (running) => runOn(running, job))));
  }
  if (options.extent === 'whole') found.push(...(await acrossTwo(lab, options)));
  return report('lab', began, found, options);
}

/** The same on the host that this is; the cells that want two are left out. @throws Error where that can't be */
export async function runMatrixHere(host: ThisHost, options: LabMatrixOptions): Promise<number> {
  checkThisHost(host);
  const began = Date.now();
  const found: LabFindings[] = [];
  for (const guest of options.guests) {
    found.push(await findings('one', guest, options, (job) => runJobHere(host, job, print)));
  }
  return report('xen', began, found, options);
}

async function acrossTwo(lab: Lab, options: LabMatrixOptions): Promise<LabFindings[]> {
  const found: LabFindings[] = [];
  let pair: { readonly left: Running; readonly right: Running } | undefined;
  for (const guest of options.guests) {
    found.push(
      await findings('two', guest, options, async (job) => {
        pair ??= await lab.bootTwo();
        await runOn(pair.left, job);
      }),
    );
  }
  pair?.left.control.close();
  pair?.right.control.close();
  await lab.down(['left', 'right']);
  return found;
}

const print = (text: string) => process.stdout.write(text);
const runOn = ({ machine, control }: Running, job: Job) => runJob(machine, control, job, print);

/** What came of a guest's cells: those that its machine did not come to are missing. */
async function findings(
  hosts: Hosts,
  guest: Guest,
  { results, timeout, extent }: LabMatrixOptions,
  run: (job: Job) => Promise<unknown>,
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
    await run({ script, beside: [CELLS], results: folder, timeout });
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

/** Writes the report and tells of it. @returns the exit status */
function report(
  host: 'lab' | 'xen',
  began: number,
  found: readonly LabFindings[],
  { guests, extent, results }: LabMatrixOptions,
): number {
  const whole: MatrixReport = {
    name: 'guests between stock xl and ours',
    host,
    began: new Date(began).toISOString(),
    seconds: (Date.now() - began) / 1000,
    command: `xen-test-matrix --host ${host}${extent === 'quick' ? ' --quick' : ''} ${guests.join(' ')}`,
    results: found
      .flatMap((it) => it.results)
      .map((result) => ({ ...result, command: `xen-test-matrix --host ${host} ${result.guest}` })),
    figures: found.flatMap((it) => it.figures),
  };
  tell(whole, writeReport(results, whole));
  return isWell(whole) ? 0 : 1;
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
