import type { LibxlDomainConfig } from '../config/index.js';
import { isLibxlError, LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { retrieveConfiguration } from './configuration.js';

/**
 * Refuses, before anything is touched, what can't be saved or migrated (docs/features/migration, "Limitations"):
 *
 *     PCI passthrough      not live: the devices write to memory, and nobody sees what
 *     vNUMA                not at all: a stream does not say which memory belongs to which node
 *     nomigrate            not at all: its owner said so
 *
 * @throws LibxlError ERROR_INVAL, ERROR_DOMAIN_NOTFOUND
 */
export async function requireMovable(host: Host, domid: number, { live }: { readonly live: boolean }): Promise<void> {
  const config = await keptConfiguration(host, domid);
  const why = config === undefined ? undefined : whyNotMovable(config, live);
  if (why === undefined) return;
  throw new LibxlError('ERROR_INVAL', `domain ${domid} can't be ${live ? 'migrated live' : 'saved'}: ${why}`, {
    domid,
  });
}

function whyNotMovable(config: LibxlDomainConfig, live: boolean): string | undefined {
  const { pcidevs = [], b_info: built } = config;
  if (built.disable_migrate === 'True') return 'its configuration says nomigrate';
  if ((built.vnuma_nodes?.length ?? 0) > 0) return 'it has vNUMA';
  if (!live || pcidevs.length === 0) return undefined;
  return `PCI devices of the host are passed through to it (${pcidevs.map(addressOf).join(', ')})`;
}

/** As `xl pci-list` writes it. */
function addressOf({
  domain = 0,
  bus = 0,
  dev = 0,
  func = 0,
}: NonNullable<LibxlDomainConfig['pcidevs']>[number]): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(dev, 2)}.${func}`;
}

/** Undefined for a domain that libxl keeps nothing of. */
async function keptConfiguration(host: Host, domid: number): Promise<LibxlDomainConfig | undefined> {
  try {
    return await retrieveConfiguration(host, domid);
  } catch (e) {
    if (isLibxlError(e, 'ERROR_JSON_CONFIG_EMPTY')) return undefined;
    throw e;
  }
}
