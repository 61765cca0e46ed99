import { parseArgs } from 'node:util';
import { COMMON_OPTIONS, type Command, type OptionSpecs } from './command.js';

/** Arguments that a command does not take. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export interface ParsedArguments {
  readonly help: boolean;
  readonly operands: readonly string[];
  /** One value for each option that the command declares: false or undefined where it is absent. */
  readonly options: Readonly<Record<string, boolean | string | undefined>>;
}

/**
 * The arguments of a command as it declares them.
 * @throws UsageError
 */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const specs: OptionSpecs = { ...COMMON_OPTIONS, ...command.options };
  const { values, positionals } = parse(command, args);
  if (values.help === true) return { help: true, operands: [], options: {} };

  const options: Record<string, boolean | string | undefined> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = values[name];
    if (typeof value === 'string' && spec.values && !spec.values.includes(value)) {
      throw new UsageError(`--${name} takes ${spec.values.join(' or ')}, not '${value}'`);
    }
    options[name] = spec.type === 'boolean' ? value === true : typeof value === 'string' ? value : undefined;
  }
  const wanted = command.operands;
  const missing = wanted[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing`);
  const many = wanted.at(-1)?.many === true;
  if (positionals.length > wanted.length && !many)
    throw new UsageError(`unexpected argument '${positionals[wanted.length]}'`);
  return { help: false, operands: positionals, options };
}

function parse(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...COMMON_OPTIONS, ...command.options }).map(([name, { type, short }]) => [
      name,
      short === undefined ? { type } : { type, short },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (e) {
    if (e instanceof TypeError) throw new UsageError(firstSentence(e.message));
    throw e;
  }
}

/** parseArgs adds hints for programmers to its messages. */
function firstSentence(message: string): string {
  return message.split('. ')[0] ?? message;
}
