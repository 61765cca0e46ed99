import { domainSummary, hostInfo, isLibxlError, listDomains, retrieveConfiguration } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { type Context, printJson, requireExistingDomain } from '../context.js';
import { EXIT } from '../exit.js';
import { domainTable, heldNotes } from '../format/domain-table.js';
import { longListing } from '../format/long-listing.js';

export const list = defineCommand(
  {
    name: 'list',
    summary: 'List information about all/some domains',
    usage: '[options] [Domain]',
    options: {
      long: { short: 'l', long: 'long', about: "Print each domain's whole configuration as JSON." },
      verbose: { short: 'v', long: 'verbose', about: 'Print UUIDs, shutdown reasons and security labels, too.' },
      context: { short: 'Z', long: 'context', about: 'Print security labels, too.' },
      cpupool: { short: 'c', long: 'cpupool', about: 'Print the cpupool that the domain is in, too.' },
      numa: { short: 'n', long: 'numa', about: 'Print the NUMA node affinity, too.' },
      json: { long: 'json', about: 'Print the table as JSON.' },
    },
    operands: 0,
    mostOperands: 1,
  },
  async (context, { options, operands }) => {
    const host = await context.host();
    const domains = await selected(context, operands[0]);
    if (options.long) {
      context.out(longListing(await configurationsOf(context, domains)));
      return EXIT.success;
    }
    if (options.json) printJson(context, domains);
    else context.out(domainTable(domains, options));
    const { notice } = await hostInfo(host);
    const held = heldNotes(domains);
    if (held !== '') context.err(`${held}${notice === '' ? '' : `note: ${notice}\n`}`);
    return EXIT.success;
  },
);

async function selected(context: Context, domain: string | undefined) {
  const host = await context.host();
  if (domain === undefined) return listDomains(host);
  return [await domainSummary(host, await requireExistingDomain(context, domain))];
}

/** Domains of which no configuration is kept are left out, as in stock. */
async function configurationsOf(context: Context, domains: readonly { domid: number }[]) {
  const host = await context.host();
  const found = [];
  for (const { domid } of domains) {
    try {
      found.push({ domid, config: await retrieveConfiguration(host, domid) });
    } catch (e) {
      if (!isLibxlError(e, 'ERROR_JSON_CONFIG_EMPTY', 'ERROR_DOMAIN_NOTFOUND')) throw e;
    }
  }
  return found;
}
