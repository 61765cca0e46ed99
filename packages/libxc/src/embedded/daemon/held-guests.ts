import { isXenstoreError, type XenstoreClient, type XenstoreWatch } from '../../xenstore/index.js';
import type { Host } from '../host.js';

/**
 * Answers suspend requests for guests whose kernels this host can't execute: takes the request out of `control/shutdown`
 * as such a kernel would, and has the host suspend the guest (held/).
 */
export class HeldGuests {
  private readonly watches = new Map<number, Promise<XenstoreWatch | undefined>>();

  constructor(
    private readonly host: Host,
    private readonly store: XenstoreClient,
    private readonly log: (text: string) => void,
  ) {}

  watch(domid: number): void {
    if (this.watches.has(domid)) return;
    const watch = this.store.watch(shutdownPath(domid), () => {
      this.answer(domid).catch((e: unknown) => this.failed(domid, e));
    });
    this.watches.set(
      domid,
      watch.catch((e: unknown) => {
        this.failed(domid, e);
        return undefined;
      }),
    );
  }

  /** Forgets the domains that are gone. */
  async sweep(): Promise<void> {
    for (const domid of [...this.watches.keys()]) if (!this.host.state.domains.has(domid)) await this.unwatch(domid);
  }

  async close(): Promise<void> {
    for (const domid of [...this.watches.keys()]) await this.unwatch(domid);
  }

  private async unwatch(domid: number): Promise<void> {
    const watch = this.watches.get(domid);
    this.watches.delete(domid);
    await (await watch)?.close();
  }

  private async answer(domid: number): Promise<void> {
    if (!this.host.answersFor(domid)) return;
    const path = shutdownPath(domid);
    const asked = await this.store.transaction(async (store) => {
      if ((await store.read(path)) !== 'suspend') return false;
      await store.write(path, '');
      return true;
    });
    if (asked) await this.host.suspendRequested(domid);
  }

  private failed(domid: number, e: unknown): void {
    // The node goes with its domain.
    if (!isXenstoreError(e, 'ENOENT', 'ENOTCONN')) this.log(`control of d${domid}: ${String(e)}`);
  }
}

const shutdownPath = (domid: number) => `/local/domain/${domid}/control/shutdown`;
