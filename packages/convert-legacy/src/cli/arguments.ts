import { parseArgs } from 'node:util';
import { OPTIONS, type OptionName, type OptionSpec, type Values } from './options.js';

/** Arguments that the command does not take. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const SPECS: readonly (readonly [OptionName, OptionSpec])[] = Object.entries(OPTIONS) as [OptionName, OptionSpec][];

/**
 * The values of the options. A long one may be shortened as long as it is clear which is meant: libxl of Xen calls the
 * script with `--guest`.
 * @throws UsageError
 */
export function parseArguments(args: readonly string[]): Values {
  const { values, positionals } = parse(args.map(completed));
  const [unexpected] = positionals;
  if (unexpected !== undefined) throw new UsageError(`unexpected argument '${unexpected}'`);
  const result: Record<string, boolean | string | undefined> = {};
  for (const [name, spec] of SPECS) {
    const value = values[name];
    if (typeof value === 'string' && spec.values !== undefined && !spec.values.includes(value)) {
      throw new UsageError(`--${name} takes ${spec.values.join(' or ')}, not '${value}'`);
    }
    result[name] = spec.type === 'boolean' ? value === true : value;
  }
  // One value of the declared type for each declared option.
  return result as Values;
}

function completed(arg: string): string {
  if (!arg.startsWith('--') || arg === '--') return arg;
  const [given = '', ...value] = arg.slice(2).split('=');
  const matches = SPECS.map(([name]) => name).filter((name) => name.startsWith(given));
  if (given in OPTIONS || matches.length === 0) return arg;
  if (matches.length > 1) throw new UsageError(`--${given} may be --${matches.join(' or --')}`);
  return [`--${matches[0]}`, ...value].join('=');
}

function parse(args: readonly string[]) {
  const options = Object.fromEntries(
    SPECS.map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message.split('. ')[0]);
    throw error;
  }
}
