/** An option of a command, declared once: its parsing, its line in --help. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** What stands for the value in --help, e.g. FILE. */
  readonly placeholder?: string;
  /** The values that are allowed, where only some are. */
  readonly values?: readonly string[];
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The values of declared options: a boolean is false when absent, a string undefined. */
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name]['type'] extends 'boolean' ? boolean : string | undefined;
};

/** Exit code of every command for what keeps it from its work: an unreadable file, a full disk, wrong usage. */
export const TROUBLE = 2;

/** What a command speaks to. */
export interface Terminal {
  /** Writes to standard output. Resolves once it is written, or once nobody reads any more. */
  out(text: string): Promise<void>;
  /** Writes a line to standard error. */
  err(line: string): void;
}

export interface Operand {
  readonly name: string;
  readonly help: string;
  /** The last operand: there may be more of it. */
  readonly many?: boolean;
}

/** One command of xen-stream: everything that its help says and its parser checks. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of --help after the summary. */
  readonly description: readonly string[];
  readonly operands: readonly Operand[];
  readonly options: OptionSpecs;
  /** What each exit code means. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** Exit code where a stream can't be read on, because it is not what the format says. */
  readonly badStream: number;
  /** Does the work. Answers the exit code. */
  run(
    operands: readonly string[],
    options: Readonly<Record<string, boolean | string | undefined>>,
    terminal: Terminal,
  ): Promise<number>;
}

/** Declares a command; its `run` gets its options by their declared types. */
export function defineCommand<const Specs extends OptionSpecs>(
  declared: Omit<Command, 'options' | 'run'> & {
    readonly options: Specs;
    run(operands: readonly string[], options: OptionValues<Specs>, terminal: Terminal): Promise<number>;
  },
): Command {
  return {
    ...declared,
    // The parser has made one value of the declared type for each declared option.
    run: (operands, options, terminal) => declared.run(operands, options as OptionValues<Specs>, terminal),
  };
}

/** The operand that names a stream. */
export function streamOperand(name: string): Operand {
  return { name, help: 'save file, stream or recorded wire, gzip or not; - for standard input' };
}

/** Options that every command has. */
export const COMMON_OPTIONS = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies OptionSpecs;

/** The option of every command that reports something. */
export const JSON_OPTION = {
  json: { type: 'boolean', help: 'report as one JSON document' },
} as const satisfies OptionSpecs;
