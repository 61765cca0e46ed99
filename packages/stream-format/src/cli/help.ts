import { COMMON_OPTIONS, type Command, type OptionSpec } from './command.js';
import { wrap } from './text.js';

const PROGRAM = 'xen-stream';

/** `xen-stream COMMAND [OPTIONS] FILE` */
export function usageLine(command: Command): string {
  return [
    `${PROGRAM} ${command.name} [OPTION...]`,
    ...command.operands.map(({ name, many }) => (many ? `${name}...` : name)),
  ].join(' ');
}

export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  return [
    `usage: ${usageLine(command)}`,
    '',
    `${command.summary}.`,
    ...command.description.flatMap((paragraph) => ['', ...wrap(paragraph, 100)]),
    '',
    ...columns(command.operands.map(({ name, help }) => [name, help])),
    '',
    ...columns(options.map(([name, spec]) => [optionTerm(name, spec), spec.help])),
    '',
    'exit codes',
    ...columns(Object.entries(command.exitCodes)),
    '',
  ].join('\n');
}

export function programHelp(commands: readonly Command[]): string {
  return [
    `usage: ${PROGRAM} COMMAND [OPTION...] FILE`,
    '',
    'Looks at Xen migration v2 streams: save files of xl, libxl or libxc streams, the recorded wire of xl migrate.',
    'FILE may be - for standard input; gzip is unpacked.',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    ...columns([
      ['--help, -h', 'show this help, or that of a command'],
      ['--version', 'show the version'],
    ]),
    '',
  ].join('\n');
}

function optionTerm(name: string, { short, type, placeholder, values }: OptionSpec): string {
  const value = type === 'boolean' ? '' : ` ${values?.join('|') ?? placeholder ?? 'VALUE'}`;
  return `${short === undefined ? '' : `-${short}, `}--${name}${value}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, text]) => `  ${term.padEnd(width)}  ${text}`);
}
