import { pauseDomain } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireExistingDomain } from '../context.js';
import { EXIT } from '../exit.js';

export const pause = defineCommand(
  {
    name: 'pause',
    summary: 'Pause execution of a domain',
    usage: '<Domain>',
    options: {},
    operands: 1,
    modifies: true,
  },
  async (context, { operands: [domain = ''] }) => {
    await pauseDomain(await context.host(), await requireExistingDomain(context, domain));
    return EXIT.success;
  },
);
