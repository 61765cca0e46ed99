import { ChainError } from '../chain/chain-error.js';
import { StreamError } from '../errors/stream-error.js';
import { parseArguments, UsageError } from './arguments.js';
import { type Command, type Terminal, TROUBLE } from './command.js';
import { COMMANDS } from './commands/index.js';
import { FileError } from './files.js';
import { commandHelp, programHelp, usageLine } from './help.js';
import { json } from './json.js';
import { isBrokenPipe } from './terminal.js';

/** Runs `xen-stream ARGS`. Answers the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version') {
    await terminal.out(`xen-stream ${version}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return help(rest[0], first === undefined, terminal);
  }
  const command = COMMANDS.find(({ name }) => name === first);
  if (command === undefined) return unknownCommand(first, terminal);
  return runCommand(command, rest, terminal);
}

async function help(name: string | undefined, asked: boolean, terminal: Terminal): Promise<number> {
  if (asked) {
    terminal.err(programHelp(COMMANDS).trimEnd());
    return TROUBLE;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (name !== undefined && command === undefined) return unknownCommand(name, terminal);
  await terminal.out(command === undefined ? programHelp(COMMANDS) : commandHelp(command));
  return 0;
}

function unknownCommand(name: string, terminal: Terminal): number {
  terminal.err(`xen-stream: '${name}' is no command; 'xen-stream --help' lists them`);
  return TROUBLE;
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { help, operands, options } = parseArguments(command, args);
    if (help) {
      await terminal.out(commandHelp(command));
      return 0;
    }
    return await command.run(operands, options, terminal);
  } catch (error) {
    if (args.includes('--json')) await terminal.out(json({ error: errorReport(error) }));
    return fail(command, error, terminal);
  }
}

function fail(command: Command, error: unknown, terminal: Terminal): number {
  const cause = causeOf(error);
  if (error instanceof UsageError) {
    terminal.err(`xen-stream ${command.name}: ${error.message}\nusage: ${usageLine(command)}`);
    return TROUBLE;
  }
  if (!(cause instanceof Error)) throw error;
  const spec = cause instanceof StreamError ? ` (${cause.spec})` : '';
  const text = isBrokenPipe(cause) ? `${fileOf(error)}nobody reads it any more` : textOf(error);
  terminal.err(`xen-stream ${command.name}: ${text}${spec}`);
  return cause instanceof StreamError || cause instanceof ChainError ? command.badStream : TROUBLE;
}

function errorReport(error: unknown): object {
  const cause = causeOf(error);
  const file = error instanceof FileError ? { file: error.file } : {};
  if (cause instanceof ChainError) return { code: cause.code, chainFile: cause.file, message: cause.message };
  if (!(cause instanceof StreamError)) return { ...file, message: textOf(cause) };
  const { code, offset, layer, record, rule, spec, detail } = cause;
  return { ...file, code, offset, layer, record, rule, spec, message: detail };
}

function fileOf(error: unknown): string {
  return error instanceof FileError ? `${error.file}: ` : '';
}

function causeOf(error: unknown): unknown {
  return error instanceof FileError ? error.cause : error;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
