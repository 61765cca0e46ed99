import { hypervisorMessages } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { EXIT } from '../exit.js';

export const dmesg = defineCommand(
  {
    name: 'dmesg',
    summary: 'Read and/or clear dmesg buffer',
    usage: '[-c]',
    options: { clear: { short: 'c', long: 'clear', about: 'Clear the buffer once it has been printed.' } },
    operands: 0,
  },
  async (context, { options }) => {
    const text = await hypervisorMessages(await context.host());
    context.out(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    if (!options.clear) return EXIT.success;
    context.err('xl: this host can not clear its message buffer\n');
    return EXIT.failure;
  },
);
