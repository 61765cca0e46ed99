import { domidOfName } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { EXIT, ExitError } from '../exit.js';

export const domid = defineCommand(
  {
    name: 'domid',
    summary: 'Convert a domain name to domain id',
    usage: '<DomainName>',
    options: {},
    operands: 1,
  },
  async (context, { operands: [name = ''] }) => {
    const found = await domidOfName(await context.host(), name);
    if (found === undefined) {
      throw new ExitError(
        EXIT.failure,
        `Can't get domid of domain name '${name}', maybe this domain does not exist.\n`,
      );
    }
    context.out(`${found}\n`);
    return EXIT.success;
  },
);
