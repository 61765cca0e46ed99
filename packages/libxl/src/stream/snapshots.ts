import { randomBytes } from 'node:crypto';
import { readSnapshot, type Snapshot, streamEvents } from '@xen-migration/stream-format';
import { chainFile } from '@xen-migration/stream-format/node';
import { type DomainKey, readUserdata, removeUserdata, storeUserdata } from '../domain/userdata.js';
import { LibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';

/** What an incremental save builds upon. */
export type ChainOption =
  /** Nothing: it is a whole save, upon which others may build. */
  | { readonly kind: 'base' }
  /** The domain's last save of the chain, by its path. */
  | { readonly kind: 'delta'; readonly parent: string };

/**
 * The ids that libxc's save is given.
 *
 * @throws LibxlError ERROR_INVAL where the parent is not the last save of this domain's chain: what was written between
 *   the two is not known
 */
export async function chainIds(
  host: Host,
  key: DomainKey,
  chain: ChainOption,
): Promise<{ id: string; parent?: string }> {
  const id = randomBytes(16).toString('hex');
  if (chain.kind === 'base') return { id };
  const parent = (await snapshotOf(chain.parent)).id;
  const last = await readUserdata(host, key, 'snapshot');
  if (last === undefined || Buffer.from(last).toString('latin1') !== parent) {
    const text = `${chain.parent} is not the last incremental save of this domain: take a new base`;
    throw new LibxlError('ERROR_INVAL', text, { domid: key.domid });
  }
  return { id, parent };
}

/** The domain's writes are tracked from this save on. */
export function keepSnapshot(host: Host, key: DomainKey, id: string): Promise<void> {
  return storeUserdata(host, key, 'snapshot', id);
}

/** The next save of the domain can't build upon an earlier one. */
export function forgetSnapshot(host: Host, key: DomainKey): Promise<void> {
  return removeUserdata(host, key, 'snapshot');
}

/** @throws LibxlError ERROR_INVAL where the file is no incremental save */
async function snapshotOf(path: string): Promise<Snapshot> {
  const none = (cause?: unknown) => {
    const why = cause === undefined ? '' : `: ${textOf(cause)}`;
    return new LibxlError('ERROR_INVAL', `${path} is no incremental save${why}`, cause === undefined ? {} : { cause });
  };
  let file: ReturnType<typeof chainFile>;
  try {
    file = chainFile(path);
  } catch (e) {
    throw none(e);
  }
  try {
    const reader = await file.open();
    for await (const event of streamEvents(reader)) {
      const snapshot = event.kind === 'libxc-record' ? readSnapshot(event.record) : undefined;
      if (snapshot !== undefined) return snapshot;
      // It stands before all pages.
      if (event.kind === 'libxc-record' && event.record.type === 'PAGE_DATA') break;
    }
  } catch (e) {
    throw none(e);
  } finally {
    file.close();
  }
  throw none();
}
