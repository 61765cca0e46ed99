import { formatDomainConfig, type LibxlDomainConfig } from '@xen-migration/libxl';

const INDENT = '    ';

const indented = (text: string): string => text.replace(/\n(?=.)/g, `\n${INDENT}`);

/** One entry of `xl list -l`, as `xl config-update -d` prints it, too: there without a domid. */
export function domainEntry(domid: number | undefined, config: LibxlDomainConfig): string {
  const text = indented(formatDomainConfig(config).trimEnd());
  return `{\n${INDENT}"domid": ${domid ?? 'null'},\n${INDENT}"config": ${text}\n}\n`;
}

/** The JSON of `xl list -l`: libxl's form of each configuration, indented into the list. */
export function longListing(domains: readonly { domid: number; config: LibxlDomainConfig }[]): string {
  const entries = domains.map(({ domid, config }) => indented(`\n${domainEntry(domid, config).trimEnd()}`));
  return entries.length === 0 ? '[\n\n]\n\n' : `[${entries.join(',')}\n]\n\n`;
}
