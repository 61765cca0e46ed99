import { destroyDomain, isLibxlError } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

export const destroy = defineCommand(
  {
    name: 'destroy',
    summary: 'Terminate a domain immediately',
    usage: '[options] <Domain>',
    options: {
      force: {
        short: 'f',
        about: 'Allow it for domain 0, where a toolstack domain other than the hardware domain asks.',
      },
    },
    operands: 1,
    modifies: true,
  },
  async (context, { options, operands: [domain = ''] }) => {
    const domid = await requireDomain(context, domain);
    if (domid === 0 && !options.force) {
      throw new ExitError(
        EXIT.failure,
        'Not destroying domain 0; use -f to force.\n' +
          'This can only be done when using a disaggregated hardware domain and toolstack.\n\n',
      );
    }
    try {
      await destroyDomain(await context.host(), domid);
      return EXIT.success;
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      throw new ExitError(EXIT.failure, `xl: ${e.message}\ndestroy failed (rc=${e.rc})\n`);
    }
  },
);
