import { isHypervisorError } from '../../hypervisor/errors.js';
import {
  type DomainInfo,
  type EventChannels,
  type ForeignMapping,
  type Hypervisor,
  VIRQ_DOM_EXC,
} from '../../hypervisor/hypervisor.js';
import { Refusal } from '../errors.js';
import { INTRODUCE_DOMAIN, RELEASE_DOMAIN } from '../tree/path.js';
import type { Caller } from '../tree/permissions.js';
import type { Database } from './database.js';
import type { GuestRing } from './guest-ring.js';
import type { DomainService } from './services.js';

/** Who is told of domains, besides those who watch the special events. */
export interface DomainListener {
  /** xenstored serves the domain from now on, or anew. */
  introduced?(domid: number): void;
  /** A domain shut down, is dying, or is gone. */
  domainsChanged?(): void;
}

export interface GuestsOptions {
  readonly hypervisor: Hypervisor;
  readonly database: Database;
  readonly listeners: readonly DomainListener[];
  readonly log: (text: string) => void;
  /** Begins to serve the ring in a mapped page. */
  readonly serve: (caller: Caller, page: ForeignMapping, notify: () => void) => GuestRing;
}

/** A domain that was seen. */
interface Guest {
  readonly domid: number;
  readonly uuid: string;
  served: { readonly ring: GuestRing; readonly port: number } | undefined;
  target: number | undefined;
  /** Its shutdown was told of. */
  down: boolean;
  dying: boolean;
}

const BATCH = 1024;

/** The guests of a host: those that are served, and what becomes of all. Changes are made one after the other. */
export class Guests implements DomainService {
  private readonly guests = new Map<number, Guest>();
  private readonly rings = new Map<number, GuestRing>();
  private readonly ending = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly loop: Promise<void>;

  private constructor(
    private readonly options: GuestsOptions,
    private readonly events: EventChannels,
    private readonly domainEvents: number,
  ) {
    this.loop = this.listen();
  }

  /** @throws HypervisorError when the host gives no event channels */
  static async start(options: GuestsOptions): Promise<Guests> {
    const events = await options.hypervisor.openEventChannels();
    const guests = new Guests(options, events, await events.bindVirq(VIRQ_DOM_EXC));
    await guests.inTurn(() => guests.scan());
    return guests;
  }

  introduce(domid: number, gfn: number, port: number): Promise<void> {
    return this.inTurn(async () => {
      const guest = await this.guest(domid, 'EINVAL');
      const page = await this.map(domid, gfn);
      await this.drop(guest);
      const bound = await this.bind(domid, port, page);
      const notify = () => void this.events.notify(bound).catch((e: unknown) => this.ignoreGone(e));
      const ring = this.options.serve({ domid, target: guest.target }, page, notify);
      guest.served = { ring, port: bound };
      this.rings.set(bound, ring);
      ring.service();
      this.options.database.tellOfDomain(INTRODUCE_DOMAIN, domid);
      for (const listener of this.options.listeners) listener.introduced?.(domid);
    });
  }

  release(domid: number): Promise<void> {
    return this.inTurn(async () => {
      const guest = this.guests.get(domid);
      if (guest?.served === undefined) throw new Refusal('ENOENT', `domain ${domid} is not introduced`);
      await this.drop(guest);
      this.options.database.tellOfDomain(RELEASE_DOMAIN, domid);
    });
  }

  resume(domid: number): Promise<void> {
    return this.inTurn(async () => {
      (await this.guest(domid, 'ENOENT')).down = false;
    });
  }

  setTarget(domid: number, target: number): void {
    const guest = this.guests.get(domid);
    if (guest?.served === undefined || !this.guests.has(target)) throw new Refusal('ENOENT', 'no such domain');
    guest.target = target;
    guest.served.ring.client.caller = { domid, target };
  }

  isIntroduced(domid: number): boolean {
    return this.guests.get(domid)?.served !== undefined;
  }

  async close(): Promise<void> {
    this.ending.abort(new Error('xenstored ends'));
    await this.loop;
    await this.inTurn(async () => {
      for (const guest of this.guests.values()) await this.drop(guest);
    });
    await this.events.close();
  }

  private async listen(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        const port = await this.events.pending(this.ending.signal);
        if (port !== this.domainEvents) this.rings.get(port)?.service();
        else void this.inTurn(() => this.scan()).catch((e: unknown) => this.options.log(`domains: ${String(e)}`));
      } catch (e) {
        if (this.ending.signal.aborted) return;
        this.options.log(`no events of domains any more: ${String(e)}`);
        return;
      }
    }
  }

  /** Finds out what became of domains, and tells. */
  private async scan(): Promise<void> {
    const there = new Map((await this.listAll()).map((info) => [info.domid, info]));
    for (const guest of [...this.guests.values()]) {
      const info = there.get(guest.domid);
      if (info === undefined || uuidOf(info) !== guest.uuid) await this.gone(guest, info !== undefined);
      else await this.follow(guest, info);
    }
    for (const info of there.values()) {
      if (this.guests.has(info.domid)) continue;
      await this.follow(this.remember(info), info);
    }
    for (const listener of this.options.listeners) listener.domainsChanged?.();
  }

  /** @param replaced whether another domain has its domid by now */
  private async gone(guest: Guest, replaced: boolean): Promise<void> {
    this.guests.delete(guest.domid);
    await this.drop(guest);
    if (!replaced) this.options.database.forgetDomain(guest.domid);
    this.options.database.tellOfDomain(RELEASE_DOMAIN, guest.domid);
  }

  private async follow(guest: Guest, info: DomainInfo): Promise<void> {
    const news = (info.dying && !guest.dying) || (info.shutdown && !guest.down);
    guest.down = info.shutdown;
    guest.dying = info.dying;
    // What is mapped of a dying domain would keep it from being gone.
    if (info.dying) await this.drop(guest);
    if (news) this.options.database.tellOfDomain(RELEASE_DOMAIN, guest.domid);
  }

  private async listAll(): Promise<DomainInfo[]> {
    const all: DomainInfo[] = [];
    for (let first = 0; ; ) {
      const some = await this.options.hypervisor.listDomains(first, BATCH);
      all.push(...some);
      const last = some.at(-1);
      if (last === undefined || some.length < BATCH) return all;
      first = last.domid + 1;
    }
  }

  /** @throws Refusal with that code when there is no such domain */
  private async guest(domid: number, code: 'EINVAL' | 'ENOENT'): Promise<Guest> {
    const info = await this.infoOf(domid);
    if (info === undefined || info.dying) throw new Refusal(code, `no domain ${domid}`);
    const known = this.guests.get(domid);
    if (known === undefined) return this.remember(info);
    if (known.uuid === uuidOf(info)) return known;
    await this.gone(known, true);
    return this.remember(info);
  }

  private remember(info: DomainInfo): Guest {
    const guest: Guest = {
      domid: info.domid,
      uuid: uuidOf(info),
      served: undefined,
      target: undefined,
      down: false,
      dying: false,
    };
    this.guests.set(info.domid, guest);
    return guest;
  }

  private async infoOf(domid: number): Promise<DomainInfo | undefined> {
    try {
      return await this.options.hypervisor.domainInfo(domid);
    } catch (e) {
      if (isHypervisorError(e, 'ESRCH')) return undefined;
      throw e;
    }
  }

  private async map(domid: number, gfn: number): Promise<ForeignMapping> {
    const page = await orRefusal(this.options.hypervisor.mapForeign(domid, Float64Array.of(gfn), 'write'));
    if (page.errors[0] === 0) return page;
    await page.unmap();
    throw new Refusal('EINVAL', `frame ${gfn} of domain ${domid} can't be mapped`);
  }

  private async bind(domid: number, port: number, page: ForeignMapping): Promise<number> {
    try {
      return await orRefusal(this.events.bindInterdomain(domid, port));
    } catch (e) {
      await page.unmap();
      throw e;
    }
  }

  /** Ends the service of a guest. */
  private async drop(guest: Guest): Promise<void> {
    const { served } = guest;
    if (served === undefined) return;
    guest.served = undefined;
    this.rings.delete(served.port);
    await served.ring.close();
    await this.events.unbind(served.port).catch((e: unknown) => this.ignoreGone(e));
  }

  private ignoreGone(e: unknown): void {
    if (!isHypervisorError(e)) this.options.log(`event channels: ${String(e)}`);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }
}

const uuidOf = ({ uuid }: DomainInfo) => Buffer.from(uuid).toString('hex');

/** What the hypervisor does not do is a fault of who asked. */
async function orRefusal<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (e) {
    if (isHypervisorError(e)) throw new Refusal('EINVAL', e.message);
    throw e;
  }
}
