import { parseArgs } from 'node:util';
import { newSeed, UsageError, wholeNumber } from '../matrix/command-line.js';

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  operations: { type: 'string' },
  guests: { type: 'string', default: '6' },
  memory: { type: 'string', default: '32' },
  parallel: { type: 'string', default: '3' },
  'count-every': { type: 'string', default: '120' },
  seed: { type: 'string' },
  packages: { type: 'string' },
  report: { type: 'string', default: 'soak-report' },
  'keep-going': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `usage: xen-soak [OPTION...]

Does random things with many guests on two embedded hosts of its own, disturbs half of them, and sees after each that one
and only one copy of the guest is there, runs under its name and has lost no write. Now and then all guests are saved, and
what is left on the hosts is counted: nothing may be.

  --minutes M          for how long; default: 10
  --operations N       and no more operations than that
  --guests N           of the kinds in turn; default: 6
  --memory MIB         of each guest; default: 32
  --parallel N         guests with which something is done at the same time; default: 3
  --count-every S      seconds between two counts of everything; default: 120
  --seed N             decides what is done with each guest; not the moments of processes
  --packages DIRECTORY the packages to be tried: a built checkout, or a folder where they are installed
  --report DIRECTORY   default: soak-report; soak.json, operations.log, and failure-N.txt for what did not hold
  --keep-going         after a failure go on with the guest created anew
  -h, --help           this text

SIGTERM ends it in order, with a report. Exit code: 0 all held, 1 something did not, 2 the command was wrong.
`;

export interface SoakOptions {
  readonly minutes: number;
  readonly operations: number;
  readonly guests: number;
  readonly memoryMib: number;
  readonly parallel: number;
  readonly inventorySeconds: number;
  readonly seed: number;
  readonly packages: string | undefined;
  readonly report: string;
  readonly keepGoing: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
export function soakOptions(args: readonly string[]): SoakOptions {
  const { values } = parsed(args);
  return {
    minutes: minutes(values.minutes),
    operations:
      values.operations === undefined ? Number.POSITIVE_INFINITY : wholeNumber('operations', values.operations),
    guests: positive('guests', values.guests),
    memoryMib: positive('memory', values.memory),
    parallel: positive('parallel', values.parallel),
    inventorySeconds: positive('count-every', values['count-every']),
    seed: values.seed === undefined ? newSeed() : wholeNumber('seed', values.seed),
    packages: values.packages,
    report: values.report,
    keepGoing: values['keep-going'],
    help: values.help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (e) {
    throw new UsageError(e instanceof Error ? e.message : String(e));
  }
}

function minutes(value: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(value)) throw new UsageError(`--minutes takes a number, not '${value}'`);
  return Number(value);
}

function positive(option: string, value: string): number {
  const number = wholeNumber(option, value);
  if (number === 0) throw new UsageError(`--${option} takes a number greater than 0`);
  return number;
}
