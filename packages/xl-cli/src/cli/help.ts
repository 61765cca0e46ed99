import type { CommandSpec, OptionSpec } from './command.js';

const NAME_WIDTH = 19;
const TEXT_WIDTH = 79;
/** Options whose names are longer have their text on the next line. */
const MAX_COLUMN = 25;

const HELP: OptionSpec = { short: 'h', long: 'help', about: 'Print this help.' };

/** What `xl help` prints; its first line and the columns are stock's. */
export function overview(specs: readonly CommandSpec[]): string {
  const lines = specs.filter((spec) => !spec.internal).map(({ name, summary }) => commandLine(name, summary));
  return `Usage xl [-vfNtT] <subcommand> [args]\n\nxl full list of subcommands:\n\n${lines.join('')}`;
}

function commandLine(name: string, summary: string): string {
  const gap = name.length > NAME_WIDTH ? `\n ${''.padEnd(NAME_WIDTH)} ` : '';
  return ` ${name.padEnd(NAME_WIDTH)} ${gap}${summary}\n`;
}

/** What `xl help COMMAND` prints; the usage line is stock's. */
export function commandHelp(spec: CommandSpec): string {
  const globals = `vtT${spec.modifies ? 'f' : ''}${spec.dryRun ? 'N' : ''}`;
  const usage = `Usage: xl [-${globals}] ${spec.name}${spec.usage === '' ? '' : ` ${spec.usage}`}`;
  const details = spec.details === undefined ? '' : `\n${spec.details}\n`;
  return `${usage}\n\n${spec.summary}.\n\nOptions:\n\n${optionLines(spec)}${details}`;
}

function optionLines(spec: CommandSpec): string {
  const shown = [HELP, ...Object.values(spec.options).filter((option) => !option.hidden)];
  const width = Math.min(MAX_COLUMN, Math.max(...shown.map((option) => optionName(option).length)) + 2);
  return shown.map((option) => optionText(option, width)).join('');
}

function optionText(option: OptionSpec, width: number): string {
  const name = optionName(option);
  const lines = wrap(option.about, TEXT_WIDTH - width);
  const indent = ''.padEnd(width);
  const first =
    name.length + 1 < width + 1 && name.length < width ? `${name.padEnd(width)}${lines.shift() ?? ''}\n` : `${name}\n`;
  return first + lines.map((line) => `${indent}${line}\n`).join('');
}

/** As it is shown: `-f FILE, --defconfig=FILE`. */
export function optionName({ short, long, value }: OptionSpec): string {
  const names: string[] = [];
  if (short !== undefined) names.push(value === undefined ? `-${short}` : `-${short} ${value}`);
  if (long !== undefined) names.push(value === undefined ? `--${long}` : `--${long}=${value}`);
  return names.join(', ');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
