import {
  decodeText,
  encodeText,
  formatDomainConfig,
  type LibxlDomainConfig,
  parseDomainConfig,
} from '../config/index.js';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { nameOfDomain } from './list.js';
import { keyOfDomain } from './names.js';
import { type DomainKey, readUserdata, storeUserdata } from './userdata.js';

/** Keeps the configuration that a domain was made from. With a NUL behind it, which stock libxl needs to find its end. */
export async function storeConfiguration(host: Host, key: DomainKey, config: LibxlDomainConfig): Promise<void> {
  await storeUserdata(host, key, 'libxl-json', encodeText(`${formatDomainConfig(config)}\0`));
}

/**
 * The configuration that a domain was made from, with what has changed since: its name.
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND, ERROR_JSON_CONFIG_EMPTY where none was kept
 */
export async function retrieveConfiguration(host: Host, domid: number): Promise<LibxlDomainConfig> {
  const key = await keyOfDomain(host, domid);
  const data = await readUserdata(host, key, 'libxl-json');
  if (data === undefined) {
    throw new LibxlError('ERROR_JSON_CONFIG_EMPTY', `no configuration is kept of domain ${domid}`, { domid });
  }
  const config = parseDomainConfig(decodeText(data).replace(/\0$/, ''));
  const name = await nameOfDomain(host, domid);
  const created = { ...config.c_info, uuid: key.uuid, ...(name === undefined ? {} : { name }) };
  return { ...config, c_info: created };
}

/**
 * Keeps another configuration for a domain, which takes effect when it is made anew. It stays the same domain: its UUID
 * does not change.
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND
 */
export async function updateConfiguration(host: Host, domid: number, config: LibxlDomainConfig): Promise<void> {
  const key = await keyOfDomain(host, domid);
  await storeConfiguration(host, key, { ...config, c_info: { ...config.c_info, uuid: key.uuid } });
}
