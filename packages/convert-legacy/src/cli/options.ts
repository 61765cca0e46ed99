/** An option, declared once: its parsing, its line in --help and in the manual page. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly placeholder?: string;
  readonly values?: readonly string[];
  readonly help: string;
}

/** The options of Xen's script under their names there, and `--explain`. */
export const OPTIONS = {
  in: {
    type: 'string',
    short: 'i',
    placeholder: 'FILE|FD',
    help: 'the legacy stream: a file name or the number of an open file',
  },
  out: {
    type: 'string',
    short: 'o',
    placeholder: 'FILE|FD',
    help: 'where the v2 stream goes; a file appears whole or not at all, with mode 0600',
  },
  width: {
    type: 'string',
    short: 'w',
    values: ['32', '64'],
    help: 'bits of the toolstack that wrote the stream; found out where not given',
  },
  'guest-type': {
    type: 'string',
    short: 'g',
    values: ['pv', 'hvm'],
    help: 'kind of the guest; found out where not given',
  },
  format: {
    type: 'string',
    short: 'f',
    values: ['libxc', 'libxl'],
    help: 'what is written; libxc where not given, xl restore needs libxl',
  },
  verbose: { type: 'boolean', short: 'v', help: 'tell what the stream holds, on standard output' },
  xl: { type: 'boolean', short: 'x', help: 'the input begins with the header of an xl save file, which is kept' },
  'skip-qemu': { type: 'boolean', help: "leave out the device model's state (libxl format: it is always there)" },
  syslog: { type: 'boolean', help: 'tell to the system log instead' },
  explain: { type: 'boolean', help: 'tell how width and guest type were found out; without --out do nothing else' },
  version: { type: 'boolean', help: 'show the version' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export type OptionName = keyof typeof OPTIONS;

type ValueOf<Spec> = Spec extends { type: 'boolean' }
  ? boolean
  : Spec extends { values: readonly (infer Value)[] }
    ? Value | undefined
    : string | undefined;

/** One value for each option: false or undefined where it is absent. */
export type Values = { readonly [Name in OptionName]: ValueOf<(typeof OPTIONS)[Name]> };
