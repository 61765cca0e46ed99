import { constants } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/open-host.js';

/** What is kept of a domain, by what its file is called. */
export type UserdataKind = 'libxl-json' | 'emulator' | 'xl' | 'snapshot';

/** A domain by both its names: a domid may be given away again, a uuid may be there twice during a migration. */
export interface DomainKey {
  readonly domid: number;
  readonly uuid: string;
}

/** Writes it whole or not at all. */
export async function storeUserdata(host: Host, key: DomainKey, kind: UserdataKind, data: Uint8Array | string) {
  const path = pathOf(host, key, kind);
  const temporary = `${path}.new-${process.pid}`;
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (e) {
    await rm(temporary, { force: true });
    throw e;
  }
}

/** Undefined where nothing of that kind is kept. */
export async function readUserdata(host: Host, key: DomainKey, kind: UserdataKind): Promise<Uint8Array | undefined> {
  try {
    return await readFile(pathOf(host, key, kind));
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return undefined;
    throw e;
  }
}

export async function removeUserdata(host: Host, key: DomainKey, kind: UserdataKind): Promise<void> {
  await rm(pathOf(host, key, kind), { force: true });
}

/** Removes all that is kept under a domid, also what a domain of an earlier life of the host left. */
export async function removeAllUserdata(host: Host, domid: number): Promise<void> {
  for (const name of await readdir(host.stateDirectory)) {
    if (name.startsWith(`userdata-d.${domid}.`)) await rm(join(host.stateDirectory, name), { force: true });
  }
}

function pathOf(host: Host, { domid, uuid }: DomainKey, kind: UserdataKind): string {
  return join(host.stateDirectory, `userdata-d.${domid}.${uuid}.${kind}`);
}
