import { parseArgs } from 'node:util';
import { repositoryRoot } from '../repository.js';
import { TARGETS, targetOf } from './targets/index.js';

export const CORPUS = `${repositoryRoot}packages/test-harness/corpus`;

const OPTIONS = {
  target: { type: 'string', multiple: true },
  seed: { type: 'string' },
  minutes: { type: 'string' },
  runs: { type: 'string' },
  first: { type: 'string', default: '0' },
  input: { type: 'string' },
  corpus: { type: 'string', default: CORPUS },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `usage: npm run fuzz -- [OPTION...]

Makes inputs for the parsers of this project, right ones and spoilt ones, and feeds them in pieces. Each must be accepted
or refused by an error with a code; what hangs, throws anything else or takes too much memory is a failure.

  --target NAME     one of those below; several: --target A --target B; default: all
  --seed N          decides the inputs; default: another one each time
  --minutes M       so long, all targets together; default: 1
  --runs N          instead: so many inputs of each target
  --first N         number of the first input: with --runs 1 the one that failed
  --input FILE      that input alone (with one --target)
  --corpus DIR      where inputs that failed go, made smaller: DIR/TARGET/; default: packages/test-harness/corpus
  --keep            keep the smallest input of each outcome that the corpus does not have yet, too
  -h, --help        this text

targets
${TARGETS.map(({ name, about }) => `  ${name.padEnd(20)}${about}`).join('\n')}

exit codes
  0  no failure
  1  something failed
  2  the command was wrong
`;

export interface FuzzCommand {
  readonly targets: readonly string[];
  readonly seed: number;
  readonly minutes: number | undefined;
  readonly runs: number | undefined;
  readonly first: number;
  readonly input: string | undefined;
  readonly corpus: string;
  readonly keep: boolean;
  readonly help: boolean;
}

/** @throws TypeError, RangeError where it is no command line */
export function fuzzCommand(args: readonly string[]): FuzzCommand {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const targets = (values.target ?? TARGETS.map(({ name }) => name)).map((name) => targetOf(name).name);
  if (values.input !== undefined && targets.length !== 1) throw new RangeError('--input needs one --target');
  const runs = values.runs === undefined ? undefined : numberOf('runs', values.runs);
  return {
    targets,
    seed: values.seed === undefined ? 1 + Math.floor(Math.random() * 1_000_000) : numberOf('seed', values.seed),
    minutes: runs === undefined ? numberOf('minutes', values.minutes ?? '1') : undefined,
    runs,
    first: numberOf('first', values.first),
    input: values.input,
    corpus: values.corpus,
    keep: values.keep,
    help: values.help,
  };
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,10}(\.\d+)?$/.test(text)) throw new RangeError(`--${option} takes a number, not '${text}'`);
  return Number(text);
}
