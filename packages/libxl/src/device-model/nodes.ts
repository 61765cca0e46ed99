import type { XenstoreClient } from '@xen-migration/libxc/xenstore';
import { decodeEmulatorXenstore, encodeEmulatorXenstore } from '@xen-migration/stream-format';
import { LibxlError, textOf } from '../errors.js';
import { deviceModelLogDirtyPath, deviceModelPath } from '../xenstore/paths.js';
import { children, readText, removeTree, type Store, transact } from '../xenstore/store.js';

/** Where a device model keeps what it put where in the guest's physical memory, and what it says of each. */
const PHYSMAP = 'physmap';
const PHYSMAP_NODES = ['start_addr', 'size', 'name'];

/** What a domain's device model has in xenstore. */
export class DeviceModelNodes {
  readonly path: string;

  constructor(
    readonly xenstore: XenstoreClient,
    readonly domid: number,
  ) {
    this.path = deviceModelPath(domid);
  }

  /** For EMULATOR_XENSTORE_DATA, as libxl has it; empty where there is nothing. @throws LibxlError for half an entry */
  async data(): Promise<Uint8Array> {
    const entries: { path: string; value: string }[] = [];
    for (const entry of await children(this.xenstore, `${this.path}/${PHYSMAP}`)) {
      for (const name of PHYSMAP_NODES) {
        const path = `${PHYSMAP}/${entry}/${name}`;
        const value = await readText(this.xenstore, `${this.path}/${path}`);
        if (value === undefined) throw this.failure(`has no ${path} in xenstore`);
        entries.push({ path, value });
      }
    }
    return encodeEmulatorXenstore(entries);
  }

  /** @throws LibxlError where a path leads elsewhere: a stream is not to be believed */
  async restore(data: Uint8Array): Promise<void> {
    let entries: { readonly path: string; readonly value: string }[];
    try {
      entries = decodeEmulatorXenstore(data);
    } catch (e) {
      throw new LibxlError('ERROR_INVAL', textOf(e), { domid: this.domid, cause: e });
    }
    for (const { path } of entries) {
      if (/^[A-Za-z0-9_@:-]+(\/[A-Za-z0-9_@:-]+)*$/.test(path)) continue;
      throw this.failure(`may have no node '${path}'`);
    }
    await transact(this.xenstore, async (store) => {
      for (const { path, value } of entries) await store.write(`${this.path}/${path}`, value);
    });
  }

  /** Nodes of their own, of nobody else's access. Whatever an earlier device model left goes. */
  async make(): Promise<void> {
    await transact(this.xenstore, async (store) => {
      await removeTree(store, this.path);
      await store.mkdir(this.path);
      await store.setPermissions(this.path, ['n0']);
    });
  }

  /** Whether QEMU was told to report its writes; it must not be told to stop where it was not. */
  async isLogDirty(): Promise<boolean> {
    return (await readText(this.xenstore, deviceModelLogDirtyPath(this.domid))) === '1';
  }

  async markLogDirty(on: boolean): Promise<void> {
    const path = deviceModelLogDirtyPath(this.domid);
    if (on) await transact(this.xenstore, (store) => this.writeIfThere(store, path, '1'));
    else await removeTree(this.xenstore, path);
  }

  /**
   * Writes a node, unless the domain has been destroyed meanwhile: nobody would remove it any more. For a transaction.
   *
   * @throws LibxlError ERROR_DOMAIN_NOTFOUND
   */
  async writeIfThere(store: Store, path: string, value: string): Promise<void> {
    if ((await readText(store, this.path)) === undefined) {
      throw new LibxlError('ERROR_DOMAIN_NOTFOUND', `domain ${this.domid} is gone`, { domid: this.domid });
    }
    await store.write(path, value);
  }

  private failure(what: string): LibxlError {
    return new LibxlError('ERROR_FAIL', `the device model of domain ${this.domid} ${what}`, { domid: this.domid });
  }
}
