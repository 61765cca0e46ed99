import { OPTIONS, type OptionSpec } from './options.js';

export const USAGE = 'usage: convert-legacy-stream [OPTION...] --in FILE|FD --out FILE|FD';

const DESCRIPTION = `Converts the stream of a guest that Xen 4.5 or older saved or sent (PV of 32 or 64 bits, HVM) to a
migration v2 stream, which Xen 4.6 and later restore. Stops at the first thing that is wrong, and says
where it is and why. What is read after the stream's end stays unread.`;

const EXAMPLES = `examples
  convert-legacy-stream --xl --format libxl --in old.save --out new.save
      a save file of xl, so that xl restore takes it
  convert-legacy-stream --explain --in stream
      what kind of stream it is
  convert-legacy-stream --format libxl --in 0 --out 1 < old > new
      as a filter`;

export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'the stream is converted',
  1: 'the input is damaged or cannot be read, the output cannot be written, --in or --out is missing',
  2: 'the input holds what cannot be converted (Remus, transcendent memory), or an option is wrong',
};

export function helpText(): string {
  return [
    USAGE,
    '',
    DESCRIPTION,
    '',
    ...columns(Object.entries(OPTIONS).map(([name, spec]) => [term(name, spec), spec.help])),
    '',
    'exit codes',
    ...columns(Object.entries(EXIT_CODES)),
    '',
    EXAMPLES,
    '',
  ].join('\n');
}

function term(name: string, { short, type, placeholder, values }: OptionSpec): string {
  const value = type === 'boolean' ? '' : ` ${values?.join('|') ?? placeholder ?? 'VALUE'}`;
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, text]) => `  ${left.padEnd(width)}  ${text}`);
}
