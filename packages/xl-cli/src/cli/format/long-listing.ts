import { formatDomainConfig, type LibxlDomainConfig } from '@xen-migration/libxl';

const INDENT = '    ';

/** The JSON of `xl list -l`: libxl's form of each configuration, indented into the list. */
export function longListing(domains: readonly { domid: number; config: LibxlDomainConfig }[]): string {
  const entries = domains.map(({ domid, config }) => {
    const text = formatDomainConfig(config).trimEnd().replaceAll('\n', `\n${INDENT}${INDENT}`);
    return `${INDENT}{\n${INDENT}${INDENT}"domid": ${domid},\n${INDENT}${INDENT}"config": ${text}\n${INDENT}}`;
  });
  return entries.length === 0 ? '[\n\n]\n\n' : `[\n${entries.join(',\n')}\n]\n\n`;
}
