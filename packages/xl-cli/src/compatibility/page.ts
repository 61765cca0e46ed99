import { OTHER_ANSWERS } from './answers.js';
import { GLOBAL_OPTIONS, judgeCommand } from './commands.js';
import type { Judgement } from './verdict.js';

export interface Facts {
  /** The names that `xl help` of stock lists. */
  readonly stockCommands: readonly string[];
  /** How many command lines stock's answers are known to. */
  readonly answers: number;
  /** How many configurations. */
  readonly configurations: number;
}

/** docs/compatibility.md */
export function compatibilityPage({ stockCommands, answers, configurations }: Facts): string {
  const judged = stockCommands.map((name) => ({ name, judgement: judgeCommand(name) }));
  const options = judged.flatMap(({ name, judgement }) =>
    Object.entries(judgement?.options ?? {}).map(([option, it]) =>
      row(`\`xl ${name}\``, `\`${option}\``, ...cells(it)),
    ),
  );
  const differing = Object.entries(OTHER_ANSWERS).map(([line, it]) => row(`\`xl ${line}\``, ...cells(it)));
  return `# Compatibility with stock xl 4.17

Generated from \`src/compatibility\`, and held against stock by tests: its help texts (\`testdata/xl-help\`), its answers to ${answers}
command lines (\`testdata/xl-commands\`), and what its \`create -n\` makes of ${configurations} configurations (libxl's \`testdata/xl-cfg\`
and \`testdata/xl-cfg-lab\`), all taken from Debian's Xen 4.17.7.

- **same**: as stock.
- **better**: what stock does, and what stock leaves out.
- **other**: not as stock; why stands beside it.
- **accepted**: taken, and without effect.
- **absent**: not there.

Texts are stock's where scripts read them: tables, messages on standard error, exit codes. What libxl logs in stock (\`libxl: error: FILE:LINE:...\`)
is one line \`xl: ...\` here. The texts of \`xl help COMMAND\` are our own, but for the usage line. A configuration in xl.conf applies, but for
\`output_format = "sxp"\`, \`autoballoon\`, \`lockfile\` and \`domid_policy\`.

## Commands

${table(
  ['command', 'here', ''],
  judged.map(({ name, judgement }) => row(`\`xl ${name}\``, ...cells(judgement))),
)}
## Options before the command

${table(
  ['option', 'here', ''],
  Object.entries(GLOBAL_OPTIONS).map(([option, it]) => row(`\`${option}\``, ...cells(it))),
)}
## Options of commands

\`-h\` and \`--help\` print a command's help everywhere.

${table(['command', 'option', 'here', ''], options)}
## Answers

Of ${answers} command lines, right and wrong ones, these are not answered with stock's words and exit code:

${table(['command line', 'here', ''], differing)}
Options that stock does not have are in [xl.md](xl.md).
`;
}

const cells = (judgement: Judgement | undefined): [string, string] => [judgement?.verdict ?? '', judgement?.why ?? ''];

const row = (...columns: readonly string[]): string =>
  `| ${columns.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`;

const table = (heads: readonly string[], rows: readonly string[]): string =>
  `${row(...heads)}${row(...heads.map(() => '---'))}${rows.join('')}`;
