import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { cellTitle, isWell, type MatrixReport, TerminalTable, writeReport } from '../report/index.js';
import { builtProgram, repositoryRoot } from '../repository.js';
import { changedSince, neededFor } from './changes.js';
import { commandFor, type MatrixOptions, matrixOptions, quoted, USAGE, UsageError } from './command-line.js';
import { temporaryFolder } from './host/matrix-host.js';
import { packagesUnderTest } from './packages.js';
import { type PlannedCell, planCells } from './plan.js';
import { deviceModelPrograms } from './programs.js';
import { nameOfCell, runCells } from './run.js';

const KEPT = 'kept';
const FAILED = 1;
const WRONG_USAGE = 2;

/** `xen-test-matrix`. @returns its exit status */
async function main(args: readonly string[]): Promise<number> {
  const options = matrixOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.host !== 'embedded') return realXen(options);
  const planned = plan(options);
  if (!options.list) return run(planned, args, options);
  for (const cell of planned) process.stdout.write(`${cellTitle(nameOfCell(cell))}\n`);
  return 0;
}

/** Real Xen has cells of its own, between stock xl and ours. */
function realXen({ host, guests, report, xen, kernels, choice }: MatrixOptions): number {
  const args = [
    'matrix',
    '--host',
    host,
    ...guests,
    '--results',
    report,
    ...(xen === undefined ? [] : ['--xen', xen]),
    ...(choice.quick ? ['--quick'] : []),
    ...(kernels === undefined ? [] : ['--kernels', kernels]),
  ];
  return spawnSync(process.execPath, [builtProgram('lab.js'), ...args], { stdio: 'inherit' }).status ?? FAILED;
}

function plan({ choice, changedSince: reference, packages }: MatrixOptions): PlannedCell[] {
  if (reference === undefined) return planCells([choice]);
  const needed = neededFor(changedSince(reference, packages ?? repositoryRoot));
  for (const { changed, why } of needed) process.stderr.write(`changed: ${changed}: ${why}\n`);
  if (needed.length === 0) process.stderr.write(`nothing that is shipped has changed since ${reference}\n`);
  const wanted = new Set(planCells([choice]).map((cell) => cellTitle(nameOfCell(cell))));
  return planCells(needed.map((it) => it.choice)).filter((cell) => wanted.has(cellTitle(nameOfCell(cell))));
}

async function run(planned: readonly PlannedCell[], args: readonly string[], options: MatrixOptions): Promise<number> {
  const { seed, json, report: folder } = options;
  const packages = await packagesUnderTest(options.packages);
  const output = json ? process.stderr : process.stdout;
  output.write(
    `${planned.length} ${planned.length === 1 ? 'cell' : 'cells'} with the packages of ${packages.where}, seed ${seed}\n`,
  );
  const table = new TerminalTable(planned.map(nameOfCell), output);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const keepIn = resolve(folder, KEPT);
  rmSync(keepIn, { recursive: true, force: true });
  const programs = temporaryFolder('xen-matrix-programs-');
  const began = Date.now();
  try {
    const results = await runCells(planned, {
      packages,
      programs: deviceModelPrograms(programs),
      seed,
      keepIn,
      commandOf: (cell) => commandFor(cell, options),
      onBegin: (cell) => table.begin(nameOfCell(cell)),
      onEnd: (result) => table.end(result),
      signal: interrupted.signal,
      ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    });
    for (const result of results) if (result.outcome === 'missing') table.end(result);
    table.close();
    const report: MatrixReport = {
      name: 'guests, device models, operations',
      host: 'embedded',
      began: new Date(began).toISOString(),
      seconds: (Date.now() - began) / 1000,
      seed,
      command: `xen-test-matrix ${again(args, seed)}`,
      results,
      figures: [],
    };
    const page = writeReport(folder, report);
    output.write(`${report.seconds.toFixed(0)} s; the report: ${page}\n`);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return isWell(report) ? 0 : FAILED;
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
}

/** The same words, and the seed where none was given. */
function again(args: readonly string[], seed: number): string {
  const words = args.map(quoted);
  return [...words, ...(args.some((word) => word.startsWith('--seed')) ? [] : ['--seed', String(seed)])].join(' ');
}

// A reader of the table or the list that went away (head, less) is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (e: NodeJS.ErrnoException) => {
    if (e.code !== 'EPIPE') throw e;
  });
}
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (e) {
  const text = e instanceof Error ? e.message : String(e);
  process.stderr.write(`xen-test-matrix: ${text}\n${e instanceof UsageError ? 'see xen-test-matrix --help\n' : ''}`);
  process.exitCode = e instanceof UsageError ? WRONG_USAGE : FAILED;
}
