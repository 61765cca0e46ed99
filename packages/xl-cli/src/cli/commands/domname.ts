import { nameOfDomain } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { EXIT, ExitError } from '../exit.js';

export const domname = defineCommand(
  {
    name: 'domname',
    summary: 'Convert a domain id to domain name',
    usage: '<DomainId>',
    options: {},
    operands: 1,
  },
  async (context, { operands: [domain = ''] }) => {
    const domid = Number.parseInt(domain, 10);
    if (Number.isNaN(domid)) throw new ExitError(EXIT.failure, 'Invalid domain id.\n\n');
    const name = await nameOfDomain(await context.host(), domid);
    if (name === undefined) {
      throw new ExitError(
        EXIT.failure,
        `Can't get domain name of domain id '${domid}', maybe this domain does not exist.\n`,
      );
    }
    context.out(`${name}\n`);
    return EXIT.success;
  },
);
