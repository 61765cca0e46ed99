import { COMMANDS } from './commands/index.js';
import { commandHelp, programHelp } from './help.js';

/** The page of the commands, in Markdown: docs/xen-stream.md. */
export function commandReference(): string {
  const commands = COMMANDS.flatMap((command) => [
    `## xen-stream ${command.name}\n`,
    `\`\`\`text\n${commandHelp(command)}\`\`\`\n`,
  ]);
  return [
    '# xen-stream\n',
    'Made from the declarations of the commands by `node scripts/reference.mjs`; a test checks that it is current.\n',
    `\`\`\`text\n${programHelp(COMMANDS)}\`\`\`\n`,
    ...commands,
  ].join('\n');
}
