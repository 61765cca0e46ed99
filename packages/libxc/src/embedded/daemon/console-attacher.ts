import { isXenstoreError, type NodeAccess, type XenstoreClient } from '../../xenstore/index.js';
import type { Consoled } from '../consoled/index.js';

/**
 * Tells the console service of introduced domains, as they describe their rings below /local/domain/<domid>/console, and
 * writes there (`tty`) where each console can be opened (docs/misc/console.txt).
 */
export class ConsoleAttacher {
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: XenstoreClient,
    private readonly log: (text: string) => void,
  ) {}

  attach(consoled: Consoled, domid: number): void {
    this.inTurn(domid, async () => {
      const ring = await this.ringOf(domid);
      if (ring !== undefined) await consoled.attach(domid, ring);
    });
  }

  publish(domid: number, socket: string): void {
    this.store
      .transaction(async (store) => {
        // Nodes of a domain that was destroyed meanwhile do not come back.
        if ((await numberAt(store, `${consolePath(domid)}/port`)) === undefined) return;
        await store.write(`${consolePath(domid)}/tty`, socket);
      })
      .catch((e: unknown) => this.failed(domid, e));
  }

  private async ringOf(domid: number): Promise<{ gfn: number; port: number } | undefined> {
    const gfn = await numberAt(this.store, `${consolePath(domid)}/ring-ref`);
    const port = await numberAt(this.store, `${consolePath(domid)}/port`);
    return gfn === undefined || port === undefined ? undefined : { gfn, port };
  }

  private inTurn(domid: number, work: () => Promise<void>): void {
    this.turn = this.turn.then(work).catch((e: unknown) => this.failed(domid, e));
  }

  private failed(domid: number, e: unknown): void {
    this.log(`console of d${domid}: ${e instanceof Error ? e.message : String(e)}`);
  }
}

const consolePath = (domid: number) => `/local/domain/${domid}/console`;

async function numberAt(store: NodeAccess, path: string): Promise<number | undefined> {
  try {
    const text = await store.read(path);
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch (e) {
    if (isXenstoreError(e, 'ENOENT')) return undefined;
    throw e;
  }
}
