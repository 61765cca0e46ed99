import { listDomains } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { printJson } from '../context.js';
import { EXIT } from '../exit.js';

export const vmList = defineCommand(
  {
    name: 'vm-list',
    summary: 'List guest domains, excluding dom0, stubdoms, etc.',
    usage: '',
    options: { json: { long: 'json', about: 'Print the list as JSON.' } },
    operands: 0,
  },
  async (context, { options }) => {
    const guests = (await listDomains(await context.host())).filter(({ domid }) => domid !== 0);
    if (options.json) {
      printJson(
        context,
        guests.map(({ uuid, domid, name }) => ({ uuid, domid, name })),
      );
      return EXIT.success;
    }
    context.out('UUID                                  ID    name\n');
    for (const { uuid, domid, name } of guests) context.out(`${uuid}  ${domid}    ${(name ?? '').padEnd(30)}\n`);
    return EXIT.success;
  },
);
