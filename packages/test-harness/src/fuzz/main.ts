import { readFileSync } from 'node:fs';
import { CORPUS, type FuzzCommand, fuzzCommand, USAGE } from './command-line.js';
import { runInput } from './run-input.js';
import { fuzzInWorkers } from './run-worker.js';
import { tallyTable } from './table.js';
import type { Tally } from './tally.js';
import { labelOf } from './target.js';
import { targetOf } from './targets/index.js';

const FAILED = 1;
const WRONG_USAGE = 2;

/** `npm run fuzz`. @returns its exit status */
async function main(args: readonly string[]): Promise<number> {
  let command: FuzzCommand;
  try {
    command = fuzzCommand(args);
  } catch (e) {
    process.stderr.write(`fuzz: ${e instanceof Error ? e.message : String(e)}\n`);
    return WRONG_USAGE;
  }
  if (command.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  return command.input === undefined ? run(command) : one(command, command.input);
}

async function run(command: FuzzCommand): Promise<number> {
  const { targets, seed, minutes } = command;
  process.stdout.write(`${targets.length} targets, seed ${seed}\n`);
  const rows: [string, Tally][] = [];
  for (const target of targets) {
    const until = minutes === undefined ? undefined : Date.now() + (minutes * 60_000) / targets.length;
    rows.push([target, await fuzz(command, target, until)]);
  }
  process.stdout.write(`\n${tallyTable(rows)}`);
  return rows.some(([, { failures }]) => failures > 0) ? FAILED : 0;
}

function fuzz({ seed, first, runs, corpus, keep }: FuzzCommand, target: string, until: number | undefined) {
  const isTerminal = process.stderr.isTTY === true;
  return fuzzInWorkers(
    { target, seed, first, runs, until, corpus, keep },
    {
      onTally({ inputs, failures }) {
        if (isTerminal) process.stderr.write(`\r${target}: ${inputs} inputs, ${failures} failures `);
      },
      onFailure({ number, why, file }) {
        const where = file === '' ? '' : `\n  kept, made smaller: npm run fuzz -- --target ${target} --input ${file}`;
        const folder = corpus === CORPUS ? '' : ` --corpus ${corpus}`;
        const again = `npm run fuzz -- --target ${target} --seed ${seed} --first ${number} --runs 1${folder}`;
        process.stdout.write(`\n${target}, input ${number}: ${why}\n  again: ${again}${where}\n`);
      },
    },
  );
}

/** An input that is kept. */
async function one({ targets: [name = ''] }: FuzzCommand, file: string): Promise<number> {
  const target = await targetOf(name).open();
  try {
    const result = await runInput(target, { bytes: readFileSync(file), valid: false });
    process.stdout.write('failed' in result ? `${result.failed}\n` : `${labelOf(result.outcome)}\n`);
    return 'failed' in result ? FAILED : 0;
  } finally {
    await target.close();
  }
}

process.exit(await main(process.argv.slice(2)));
