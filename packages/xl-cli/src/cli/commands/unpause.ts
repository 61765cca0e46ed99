import { unpauseDomain } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireExistingDomain } from '../context.js';
import { EXIT } from '../exit.js';

export const unpause = defineCommand(
  { name: 'unpause', summary: 'Unpause a paused domain', usage: '<Domain>', options: {}, operands: 1, modifies: true },
  async (context, { operands: [domain = ''] }) => {
    await unpauseDomain(await context.host(), await requireExistingDomain(context, domain));
    return EXIT.success;
  },
);
