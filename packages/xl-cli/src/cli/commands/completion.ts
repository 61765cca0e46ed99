import { type CommandSpec, defineCommand } from '../command.js';
import { bashCompletion } from '../completion/bash.js';
import { zshCompletion } from '../completion/zsh.js';
import { EXIT, ExitError } from '../exit.js';

/** @param commands what every command declares of itself */
export const completionOf = (commands: () => Promise<CommandSpec[]>) =>
  defineCommand(
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
      if (make === undefined) {
        throw new ExitError(EXIT.usage, `xl: there is no completion for '${shell}', but for bash and zsh\n`);
      }
      context.out(make(await commands()));
      return EXIT.success;
    },
  );
