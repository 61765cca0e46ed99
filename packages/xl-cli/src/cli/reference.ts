import type { CommandSpec, OptionSpec } from './command.js';
import { commandHelp, optionName } from './help.js';

const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { short: 'v', about: 'Say more; twice: with where an error came from. Given to the receiver of a migration, too.' },
  { short: 'N', about: 'Dry run: say what would be done. Of create and config-update.' },
  { short: 'f', about: 'Accepted.' },
  { short: 't', about: 'Draw progress with carriage returns although standard error is no terminal.' },
  { short: 'T', about: 'Given to the receiver of a migration.' },
];

/** docs/xl.md: every command's page, from the same declarations as `xl help COMMAND`. */
export function reference(specs: readonly CommandSpec[]): string {
  const globals = GLOBAL_OPTIONS.map((option) => `| \`${optionName(option)}\` | ${option.about} |`).join('\n');
  const pages = specs.map((spec) => `## xl ${spec.name}\n\n\`\`\`text\n${commandHelp(spec).trimEnd()}\n\`\`\`\n`);
  return `# xl, command by command

Generated from the commands' declarations (\`src/cli/commands\`); \`xl help COMMAND\` prints the same.

Before the command's name:

| option | |
|---|---|
${globals}

A command's name may be shortened as long as no other begins so. Exit codes: 0 success, 1 failure, 2 wrong usage;
\`xl create\` ends with libxl's error number (3 for ERROR_FAIL, 6 for ERROR_INVAL, 5 for ERROR_NOMEM), as stock does.

${pages.join('\n')}`;
}
