import { defineCommand } from '../command.js';
import { bashCompletion } from '../completion/bash.js';
import { zshCompletion } from '../completion/zsh.js';
import { EXIT, ExitError } from '../exit.js';

export const completion = defineCommand(
  {
    name: 'completion',
    summary: 'Print a script with which a shell completes xl commands',
    usage: '<shell>',
    options: {},
    operands: 1,
    details:
      'The <shell> is bash or zsh. For bash: source <(xl completion bash), or put it into a file of\n' +
      '/etc/bash_completion.d. For zsh: put it into a file _xl in a directory of $fpath.',
  },
  async (context, { operands: [shell = ''] }) => {
    const make = { bash: bashCompletion, zsh: zshCompletion }[shell];
    if (make === undefined)
      throw new ExitError(EXIT.usage, `xl: there is no completion for '${shell}', but for bash and zsh\n`);
    const { COMMANDS } = await import('./index.js');
    context.out(make(await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec))));
    return EXIT.success;
  },
);
