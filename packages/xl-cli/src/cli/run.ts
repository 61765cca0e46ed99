import type { Host } from '@xen-migration/libxl';
import type { Command, CommandSpec } from './command.js';
import { allSpecs, findCommand } from './commands/index.js';
import type { Context, GlobalOptions } from './context.js';
import { EXIT, ExitError } from './exit.js';
import { commandHelp, overview } from './help.js';
import { parseArguments } from './options.js';

/** Where a run of xl reads and writes; the process's own, or a test's. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly stderrIsTerminal: boolean;
  /** Width of the terminal that stderr is; default: 80. */
  columns?(): number | undefined;
  /** Whether text on stderr may be coloured. */
  readonly colours?: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** Runs xl with what follows its name on the command line. @returns the exit code */
export async function runXl(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const parsed = readGlobals(args);
  if (parsed === undefined) {
    surroundings.err('unknown global option\n');
    return EXIT.failure;
  }
  const { globals, rest } = parsed;
  const [name, ...commandArgs] = rest;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return help(surroundings, commandArgs[0], name === undefined ? EXIT.failure : EXIT.success);
  }
  const load = findCommand(name);
  if (load === undefined) {
    surroundings.err('command not implemented\n');
    return EXIT.failure;
  }
  return runCommand(await load(), globals, commandArgs, surroundings);
}

function readGlobals(args: readonly string[]): { globals: GlobalOptions; rest: readonly string[] } | undefined {
  const count = { v: 0, f: 0, t: 0, T: 0, N: 0 };
  let taken = 0;
  for (const word of args) {
    if (!/^-[^-h]/.test(word)) break;
    for (const letter of word.slice(1)) {
      if (!Object.hasOwn(count, letter)) return undefined;
      count[letter as keyof typeof count]++;
    }
    taken++;
  }
  const globals = {
    verbosity: count.v,
    dryRun: count.N > 0,
    force: count.f > 0,
    carriageReturn: count.t > 0,
    timestamps: count.T > 0,
  };
  return { globals, rest: args.slice(taken) };
}

async function help({ out }: Surroundings, name: string | undefined, code: number): Promise<number> {
  if (name === undefined || name === 'help') {
    out(overview(await allSpecs()));
    return code;
  }
  const load = findCommand(name);
  out(load === undefined ? `command "${name}" not implemented\n` : commandHelp((await load()).spec));
  return code;
}

async function runCommand(
  command: Command,
  globals: GlobalOptions,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { spec } = command;
  if (globals.dryRun && spec.dryRun !== true) {
    surroundings.err('command does not implement -N (dryrun) option\n');
    return EXIT.failure;
  }
  const parsed = parseArguments(spec.options, args);
  if (parsed.kind === 'help') {
    surroundings.out(commandHelp(spec));
    return EXIT.success;
  }
  if (parsed.kind === 'error') {
    surroundings.err(`${parsed.message}\n`);
    return EXIT.usage;
  }
  if (parsed.operands.length < spec.operands) return tooFew(spec, surroundings);
  if (parsed.operands.length > (spec.mostOperands ?? Number.POSITIVE_INFINITY)) {
    surroundings.out(commandHelp(spec));
    return EXIT.failure;
  }
  return withHost(globals, surroundings, (context) => command.run(context, parsed));
}

function tooFew(spec: CommandSpec, { out, err }: Surroundings): number {
  err(`'xl ${spec.name}' requires at least ${spec.operands} argument${spec.operands > 1 ? 's' : ''}.\n\n`);
  out(commandHelp(spec));
  return EXIT.usage;
}

/** The host is connected to when a command first asks, and let go when it ends, however it ends. */
async function withHost(
  globals: GlobalOptions,
  surroundings: Surroundings,
  run: (context: Context) => Promise<number>,
): Promise<number> {
  let host: Promise<Host> | undefined;
  const context: Context = {
    ...surroundings,
    columns: () => surroundings.columns?.() ?? 80,
    colours: surroundings.colours ?? false,
    out: (text) => surroundings.out(text),
    err: (text) => surroundings.err(text),
    globals,
    host() {
      host ??= import('@xen-migration/libxl').then(({ openHost }) => openHost());
      return host;
    },
  };
  try {
    return await run(context);
  } catch (e) {
    if (e instanceof ExitError) {
      surroundings.err(e.message);
      return e.code;
    }
    surroundings.err(`xl: ${errorText(e, globals)}\n`);
    return EXIT.failure;
  } finally {
    await host?.then((open) => open.close()).catch(() => undefined);
  }
}

/** A message for a person; with -vv where it came from, too. */
function errorText(e: unknown, { verbosity }: GlobalOptions): string {
  if (!(e instanceof Error)) return String(e);
  const code = 'code' in e && typeof e.code === 'string' ? ` (${e.code}${'rc' in e ? ` ${String(e.rc)}` : ''})` : '';
  return verbosity > 1 ? `${e.message}${code}\n${e.stack ?? ''}` : `${e.message}${code}`;
}
