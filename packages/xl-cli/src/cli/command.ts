import type { Context } from './context.js';

/** An option of a command, declared once: parser, usage text and completion come from it. */
export interface OptionSpec {
  /** One letter. */
  readonly short?: string;
  readonly long?: string;
  /** What the value is called; absent: the option takes none. */
  readonly value?: string;
  readonly about: string;
  /** Accepted, and not shown: what stock takes silently. */
  readonly hidden?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Each option as one typed field: the last value given, or whether it was given. */
export type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O]: O[K] extends { readonly value: string } ? string | undefined : boolean;
};

export interface CommandSpec<O extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  /** One line for `xl help`, without a full stop. */
  readonly summary: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly options: O;
  /** Operands that must be there. */
  readonly operands: number;
  /** With more of them the command prints its help and fails; absent: it sees to that itself. */
  readonly mostOperands?: number;
  /** Takes the global option -N. */
  readonly dryRun?: boolean;
  /** Changes something: takes the global option -f. */
  readonly modifies?: boolean;
  /** What the page of the command says beyond its options. */
  readonly details?: string;
  /** Not for people: left out of `xl help` and completion. */
  readonly internal?: boolean;
}

export interface Invocation<O extends OptionSpecs> {
  readonly options: OptionValues<O>;
  readonly operands: readonly string[];
  /** All that followed the command's name, as it was given. */
  readonly words: readonly string[];
}

export interface Command<O extends OptionSpecs = OptionSpecs> {
  readonly spec: CommandSpec<O>;
  /** @returns the exit code */
  run(context: Context, invocation: Invocation<O>): Promise<number>;
}

/** Ties a command's run() to the types of its options. */
export function defineCommand<const O extends OptionSpecs>(
  spec: CommandSpec<O>,
  run: (context: Context, invocation: Invocation<O>) => Promise<number>,
): Command<O> {
  return { spec, run };
}
