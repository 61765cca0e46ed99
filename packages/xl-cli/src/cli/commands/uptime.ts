import { listDomains, nameOfDomain, startTime } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireDomain } from '../context.js';
import { EXIT } from '../exit.js';
import { clockTime, longUptime, shortUptime } from '../format/times.js';

export const uptime = defineCommand(
  {
    name: 'uptime',
    summary: 'Print uptime for all/some domains',
    usage: '[-s] [Domain]',
    options: { short: { short: 's', about: 'One short line for each domain, with the time of day.' } },
    operands: 0,
  },
  async (context, { options, operands }) => {
    const host = await context.host();
    const domids: number[] = [];
    for (const operand of operands) domids.push(await requireDomain(context, operand));
    if (operands.length === 0) domids.push(...(await listDomains(host)).map(({ domid }) => domid));
    const now = new Date();
    if (!options.short) context.out(`${'Name'.padEnd(33)} ${'ID'.padStart(4)} Uptime\n`);
    for (const domid of domids) {
      const started = await startTime(host, domid);
      if (started === undefined) continue;
      const name = (await nameOfDomain(host, domid)) ?? '';
      const seconds = Math.max(0, Math.floor(now.getTime() / 1000 - started));
      if (options.short) context.out(` ${clockTime(now)} up ${shortUptime(seconds)}, ${name} (${domid})\n`);
      else context.out(`${name.padEnd(33)} ${String(domid).padStart(4)} ${longUptime(seconds)}\n`);
    }
    return EXIT.success;
  },
);
