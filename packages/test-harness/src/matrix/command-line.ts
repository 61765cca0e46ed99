import { parseArgs } from 'node:util';
import { COLUMNS, type Column, DEVICE_MODELS, GUESTS, OPERATIONS } from './axes.js';
import type { Choice, PlannedCell } from './plan.js';

export const HOSTS = ['embedded', 'lab', 'xen'] as const;
export type HostName = (typeof HOSTS)[number];

const OPTIONS = {
  host: { type: 'string', default: 'embedded' },
  guest: { type: 'string', multiple: true },
  'device-model': { type: 'string', multiple: true },
  op: { type: 'string', multiple: true },
  variant: { type: 'string' },
  quick: { type: 'boolean', default: false },
  'changed-since': { type: 'string' },
  packages: { type: 'string' },
  seed: { type: 'string' },
  parallel: { type: 'string' },
  report: { type: 'string' },
  results: { type: 'string' },
  xen: { type: 'string' },
  kernels: { type: 'string' },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `usage: xen-test-matrix [OPTION...] [GUEST...]

Tries saving, restoring and migrating guests of every type, with every device model, as it should go and where
something fails, with the packages that are installed or another change of them. Says what did not hold.

  --host HOST            embedded (default): simulated hosts, which this makes and ends;
                         lab: real Xen in an emulated machine, between stock xl and ours (npm run lab);
                         xen: the same in the control domain that this runs in, ALL WHOSE GUESTS ARE DESTROYED
  --kernels FOLDER       with --host xen: vmlinuz and initrd of a Linux that checks itself, as the lab's (/lab/guests)
  --xen built            in the lab: a hypervisor with shadow paging and 32-bit PV
  --guest GUEST          ${GUESTS.join(', ')}; several: with commas, or as words
  --device-model MODEL   of HVM guests: ${DEVICE_MODELS.join(', ')}
  --op OPERATION         ${OPERATIONS.join(', ')}
  --variant TEXT         the variants whose name has that in it
  --quick                each operation as it should go, and some failures of it; on real Xen, one interchange each way
  --changed-since REF    what the changes since that commit need: libxc every type of guest, libxl HVM with both
                         device models, convert-legacy every upgrade, stream-format everything
  --packages DIRECTORY   the packages to be tried: a built checkout of the repository, or a folder where they are
                         installed; default: those beside this command
  --seed N               decides what is random; a failure says with which seed it happens again
  --parallel N           cells at once; default: one for each CPU, at most 4
  --report DIRECTORY     where the report goes (matrix-report, lab-report): matrix.html, matrix.json, matrix.xml (JUnit), and
                         below kept/ the streams of cells that failed
  --list                 name the cells and end
  --json                 print the report as JSON; the table goes to the standard error
  -h, --help             this text

exit codes
  0  everything that was tried holds
  1  something does not
  2  the command was wrong
`;

/** What was typed is no command line. */
export class UsageError extends Error {}

export interface MatrixOptions {
  readonly host: HostName;
  readonly choice: Choice;
  readonly guests: readonly string[];
  readonly changedSince: string | undefined;
  readonly packages: string | undefined;
  readonly seed: number;
  readonly parallel: number | undefined;
  readonly report: string;
  /** Of the lab. */
  readonly xen: string | undefined;
  /** Of real Xen here. */
  readonly kernels: string | undefined;
  readonly list: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
export function matrixOptions(args: readonly string[]): MatrixOptions {
  const { values, positionals } = parsed(args);
  const named = [...(values.guest ?? []), ...positionals];
  const guests = listed('guest', named.length === 0 ? undefined : named, GUESTS);
  const models = listed('device-model', values['device-model'], DEVICE_MODELS);
  const operations = listed('op', values.op, OPERATIONS);
  return {
    host: oneOf('host', values.host, HOSTS),
    guests: guests ?? [],
    choice: {
      ...(guests === undefined && models === undefined ? {} : { columns: columnChoice(guests, models) }),
      ...(operations === undefined ? {} : { operations }),
      ...(values.variant === undefined ? {} : { variant: values.variant }),
      ...(values.quick ? { quick: true } : {}),
    },
    changedSince: values['changed-since'],
    packages: values.packages,
    seed: values.seed === undefined ? newSeed() : wholeNumber('seed', values.seed),
    parallel: values.parallel === undefined ? undefined : Math.max(1, wholeNumber('parallel', values.parallel)),
    report: values.report ?? values.results ?? `${values.host === 'embedded' ? 'matrix' : values.host}-report`,
    xen: values.xen,
    kernels: values.kernels,
    list: values.list,
    json: values.json,
    help: values.help,
  };
}

export function newSeed(): number {
  return 1 + Math.floor(Math.random() * 1_000_000);
}

/** Runs that cell alone again, in the same way. */
export function commandFor({ column, scenario }: PlannedCell, { seed, packages }: MatrixOptions): string {
  const words = [
    'xen-test-matrix --guest',
    column.guest,
    ...(column.deviceModel === undefined ? [] : ['--device-model', column.deviceModel]),
    '--op',
    scenario.operation,
    '--variant',
    quoted(scenario.variant),
    '--seed',
    String(seed),
    ...(packages === undefined ? [] : ['--packages', quoted(packages)]),
  ];
  return words.join(' ');
}

export function quoted(word: string): string {
  return /^[\w./:=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (e) {
    throw new UsageError(e instanceof Error ? e.message : String(e));
  }
}

/** A guest without a device model is chosen by its kind alone. */
function columnChoice(guests: readonly string[] | undefined, models: readonly string[] | undefined) {
  const chosen = COLUMNS.filter(({ guest, deviceModel }: Column) => {
    if (guests !== undefined && !guests.includes(guest)) return false;
    if (models === undefined) return true;
    return deviceModel === undefined ? guests !== undefined : models.includes(deviceModel);
  });
  return (column: Column) => chosen.includes(column);
}

function listed<T extends string>(
  option: string,
  values: readonly string[] | undefined,
  known: readonly T[],
): T[] | undefined {
  return values?.flatMap((value) => value.split(',')).map((value) => oneOf(option, value, known));
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new UsageError(`--${option} takes ${known.join(', ')}, not '${value}'`);
  return found;
}

export function wholeNumber(option: string, value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new UsageError(`--${option} takes a number, not '${value}'`);
  return Number(value);
}
