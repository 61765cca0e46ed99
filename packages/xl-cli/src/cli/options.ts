import type { Invocation, OptionSpec, OptionSpecs, OptionValues } from './command.js';

export type Parsed<O extends OptionSpecs> =
  | ({ readonly kind: 'run' } & Invocation<O>)
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

interface Found {
  readonly key: string;
  readonly spec: OptionSpec;
}

/**
 * Reads arguments as getopt_long does: options and operands in any order, letters put together, `--` ends the options,
 * long options may be shortened as long as they are unambiguous.
 */
export function parseArguments<O extends OptionSpecs>(specs: O, args: readonly string[]): Parsed<O> {
  const values: Record<string, string | boolean> = {};
  for (const [key, spec] of Object.entries(specs)) if (spec.value === undefined) values[key] = false;
  const operands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest);
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
      continue;
    }
    const outcome = word.startsWith('--') ? takeLong(specs, word, rest, values) : takeShort(specs, word, rest, values);
    if (outcome !== undefined) return outcome;
  }
  return { kind: 'run', options: values as unknown as OptionValues<O>, operands, words: args };
}

type Values = Record<string, string | boolean>;
type Outcome = Exclude<Parsed<OptionSpecs>, { kind: 'run' }> | undefined;

function takeLong(specs: OptionSpecs, word: string, rest: string[], values: Values): Outcome {
  const [name = '', ...inline] = word.slice(2).split('=');
  if (name === 'help') return { kind: 'help' };
  const found = findLong(specs, name);
  if (found === undefined) return refused(`--${name}`);
  if (found.spec.value === undefined) {
    if (inline.length > 0) return { kind: 'error', message: `option \`--${name}' takes no value.` };
    values[found.key] = true;
    return undefined;
  }
  const value = inline.length > 0 ? inline.join('=') : rest.shift();
  if (value === undefined) return missing(`--${name}`);
  values[found.key] = value;
  return undefined;
}

function takeShort(specs: OptionSpecs, word: string, rest: string[], values: Values): Outcome {
  for (let i = 1; i < word.length; i++) {
    const letter = word.charAt(i);
    const found = findShort(specs, letter);
    if (found === undefined) return letter === 'h' ? { kind: 'help' } : refused(letter);
    if (found.spec.value === undefined) {
      values[found.key] = true;
      continue;
    }
    const value = i + 1 < word.length ? word.slice(i + 1) : rest.shift();
    if (value === undefined) return missing(letter);
    values[found.key] = value;
    return undefined;
  }
  return undefined;
}

function findShort(specs: OptionSpecs, letter: string): Found | undefined {
  const entry = Object.entries(specs).find(([, { short }]) => short === letter);
  return entry && { key: entry[0], spec: entry[1] };
}

function findLong(specs: OptionSpecs, name: string): Found | undefined {
  const long = Object.entries(specs).filter(([, spec]) => spec.long?.startsWith(name));
  const entry = long.find(([, spec]) => spec.long === name) ?? (long.length === 1 ? long[0] : undefined);
  return entry && { key: entry[0], spec: entry[1] };
}

/** Stock's words. */
const refused = (option: string): Outcome => ({ kind: 'error', message: `option \`${option}' not supported.` });
const missing = (option: string): Outcome => ({ kind: 'error', message: `option \`${option}' needs a value.` });
