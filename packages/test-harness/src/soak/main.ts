import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoted, UsageError } from '../matrix/command-line.js';
import { type SoakOptions, soakOptions, USAGE } from './command-line.js';
import { Field } from './field.js';
import { type OperationRecord, type SoakFailure, type SoakReport, soakTables } from './report.js';
import type { ResourceSample } from './resources.js';
import { Soak } from './soak.js';

const FAILED = 1;
const WRONG_USAGE = 2;

/** `xen-soak`. @returns its exit status */
async function main(args: readonly string[]): Promise<number> {
  const options = soakOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  rmSync(options.report, { recursive: true, force: true });
  mkdirSync(options.report, { recursive: true });
  const began = new Date().toISOString();
  const field = await Field.open({
    seed: options.seed,
    guests: options.guests,
    memoryMib: options.memoryMib,
    ...(options.packages === undefined ? {} : { packages: options.packages }),
  });
  try {
    const soak = new Soak(field, { ...options, ...listeners(options) });
    const kinds = soak.guests.map(({ kind }) => kind);
    say(`seed ${options.seed}; ${kinds.length} guests (${kinds.join(', ')}); packages of ${field.packages.where}`);
    process.once('SIGTERM', () => soak.stop());
    await soak.run(options.minutes * 60, options.operations);
    const report = reportOf(soak, options, began);
    writeFileSync(join(options.report, 'soak.json'), `${JSON.stringify(report, undefined, 1)}\n`);
    say(`\n${soakTables(report)}\nthe report: ${options.report}; again: ${report.command}`);
    return report.failures.length === 0 ? 0 : FAILED;
  } finally {
    await field.close();
  }
}

function reportOf(soak: Soak, options: SoakOptions, began: string): SoakReport {
  const { seed, minutes, guests, memoryMib, parallel, inventorySeconds } = options;
  const words = Object.entries({ minutes, guests, memory: memoryMib, parallel, 'count-every': inventorySeconds, seed });
  return {
    report: 1,
    seed,
    command: `xen-soak ${words.map(([name, value]) => `--${name} ${quoted(String(value))}`).join(' ')}`,
    began,
    seconds: soak.seconds,
    guestHours: soak.guests.reduce((sum, { hours }) => sum + hours, 0),
    guests: soak.guests.map(({ kind }) => kind),
    memoryMib,
    operations: soak.records,
    resources: soak.samples,
    inventories: soak.inventories,
    failures: soak.failures,
  };
}

/** What is written while it runs: should the machine fail, the list of operations is there. */
function listeners({ report, seed }: SoakOptions) {
  const log = join(report, 'operations.log');
  let failures = 0;
  return {
    onOperation(record: OperationRecord, text: string) {
      appendFileSync(log, `${lineOf(record)}\n${text.replace(/^/gm, '    ')}\n`);
    },
    onFailure(failure: SoakFailure) {
      const { number, guest, operation, fault, why, log: text } = failure;
      const path = join(report, `failure-${++failures}.txt`);
      const title = `operation ${number}, ${guest}: ${operation}, fault: ${fault}\n${why}`;
      writeFileSync(path, `seed ${seed}\n${title}\n\n${text}\n`);
      say(`FAILED  ${title}\n        the whole: ${path}; all operations before: ${log}`);
    },
    onInventory(samples: readonly ResourceSample[]) {
      const figures = samples.map(
        ({ host, memoryMib, threads, descriptors }) =>
          `${host}: daemon ${memoryMib} MiB, ${threads} threads, ${descriptors} descriptors`,
      );
      say(`${samples[0]?.seconds ?? 0} s: counted; ${figures.join('; ')}`);
    },
  };
}

function lineOf({ number, at, seconds, guest, kind, operation, fault, place = 'FAILED' }: OperationRecord): string {
  return `${number} [${at.toFixed(1)} s, ${seconds.toFixed(1)} s] ${guest} (${kind}): ${operation}; fault: ${fault}; then: ${place}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (e) {
  const isUsage = e instanceof UsageError;
  process.stderr.write(`xen-soak: ${e instanceof Error ? (isUsage ? e.message : e.stack) : e}\n`);
  if (isUsage) process.stderr.write('see xen-soak --help\n');
  process.exitCode = isUsage ? WRONG_USAGE : FAILED;
}
