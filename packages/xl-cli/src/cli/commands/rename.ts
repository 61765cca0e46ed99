import { isLibxlError, renameDomain } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

export const rename = defineCommand(
  {
    name: 'rename',
    summary: 'Rename a domain',
    usage: '<Domain> <NewDomainName>',
    options: {},
    operands: 2,
    modifies: true,
  },
  async (context, { operands: [domain = '', name = ''] }) => {
    const domid = await requireDomain(context, domain);
    try {
      await renameDomain(await context.host(), domid, name);
      return EXIT.success;
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      throw new ExitError(EXIT.failure, `xl: ${e.message}\nCan't rename domain '${domain}'.\n`);
    }
  },
);
