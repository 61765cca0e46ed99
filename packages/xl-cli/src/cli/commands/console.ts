import { isLibxlError, openConsole, recentConsoleOutput } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { attachTerminal } from '../console/attach-terminal.js';
import { requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

const TYPES = ['pv', 'serial', 'vuart'];

export const consoleCommand = defineCommand(
  {
    name: 'console',
    summary: "Attach to domain's console",
    usage: '[options] <Domain>',
    options: {
      type: { short: 't', value: '<type>', about: 'Which console: pv, serial or vuart; there is pv.' },
      number: { short: 'n', value: '<number>', about: 'The number of the console; there is 0.' },
      escape: { short: 'e', value: '<escape>', about: 'Ends the session instead of ^]; ^X means control and X.' },
      dump: { long: 'dump', about: 'Print what the domain has written lately, and end.' },
    },
    operands: 1,
    details: 'Ctrl and ] ends the session; the domain runs on.',
  },
  async (context, { options, operands: [domain = ''] }) => {
    if (options.type !== undefined && !TYPES.includes(options.type)) {
      throw new ExitError(EXIT.failure, `console type supported are: ${TYPES.join(', ')}\n`);
    }
    const domid = await requireDomain(context, domain);
    if ((options.type ?? 'pv') !== 'pv' || Number(options.number ?? 0) !== 0) {
      throw new ExitError(EXIT.failure, `domain ${domid} has no such console\nUnable to attach console\n`);
    }
    try {
      const host = await context.host();
      if (options.dump) {
        context.out(await recentConsoleOutput(host, domid));
        return EXIT.success;
      }
      await attachTerminal(await openConsole(host, domid), {
        signal: context.signal,
        ...(options.escape === undefined ? {} : { escape: options.escape }),
      });
      return EXIT.success;
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      throw new ExitError(EXIT.failure, `xl: ${e.message}\nUnable to attach console\n`);
    }
  },
);
