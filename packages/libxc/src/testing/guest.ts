import { setTimeout as sleep } from 'node:timers/promises';
import { buildDomain } from '../build/index.js';
import { builtinKernel } from '../embedded/guest/index.js';
import { BareStore } from '../embedded/guest/testing/bare-store.js';
import { type EventChannels, type ForeignMapping, type Hypervisor, SHUTDOWN } from '../hypervisor/hypervisor.js';
import { retrying } from '../hypervisor/retrying.js';
import { CONSOLE_OUT, ringRead } from '../io/byte-ring.js';
import { type RestoreOptions, type RestoreResult, restoreDomain } from '../restore/index.js';
import type { SaveCallbacks } from '../save/index.js';
import { registerLayout } from '../x86/registers.js';
import { wordsOf, writeWord } from '../x86/words.js';
import type { TestHost } from './hosts.js';

const SERVE_EVERY_MS = 2;

export interface GuestOptions {
  readonly kind: 'pv' | 'pv32' | 'hvm' | 'pvh';
  readonly memoryKib: number;
  readonly vcpus?: number;
  readonly passthrough?: boolean;
  /** Less than its memory: populate-on-demand. */
  readonly targetKib?: number;
  /** Of the selfcheck kernel. */
  readonly cmdline: string;
}

/** A guest that executes on an embedded host and checks its own memory, with its xenstore and console rings served. */
export class TestGuest {
  /** What it wrote on its console. */
  text = '';
  private timer: NodeJS.Timeout | undefined;
  private serving: Promise<void> = Promise.resolve();
  /** What a test itself asks is not what is tested. */
  private readonly hypervisor: Hypervisor;

  private constructor(
    readonly host: TestHost,
    readonly domid: number,
    private store: BareStore,
    private readonly rings: readonly ForeignMapping[],
    private readonly events: EventChannels,
    private readonly ports: readonly number[],
  ) {
    this.hypervisor = retrying(host.hypervisor);
    this.keepServing();
  }

  private keepServing(): void {
    this.timer = setInterval(() => {
      this.serving = this.serve();
    }, SERVE_EVERY_MS);
  }

  static async build(host: TestHost, options: GuestOptions): Promise<TestGuest> {
    const { kind, memoryKib, vcpus = 1, cmdline, passthrough, targetKib } = options;
    const hypervisor = retrying(host.hypervisor);
    const domid = await host.newDomain(domainKind(kind), memoryKib, vcpus, passthrough);
    const backends = await ringBackends(hypervisor, domid);
    const kernel = builtinKernel(kind === 'pv32' ? 'selfcheck32' : 'selfcheck');
    const built = await buildDomain({
      hypervisor,
      domid,
      kind: domainKind(kind),
      memoryKib,
      ...(targetKib === undefined ? {} : { targetKib }),
      kernel,
      cmdline: `${cmdline} status=50`,
      vcpus,
      ...backends,
    });
    return TestGuest.attach(host, domid, built, backends);
  }

  /** A domain with what the stream holds, ready to run on. */
  static async restore(
    host: TestHost,
    { kind, memoryKib, vcpus = 1 }: Omit<GuestOptions, 'cmdline'>,
    options: Pick<RestoreOptions, 'reader'> & Partial<RestoreOptions>,
  ): Promise<{ guest: TestGuest; result: RestoreResult }> {
    const hypervisor = retrying(host.hypervisor);
    const domid = await host.newDomain(domainKind(kind), memoryKib, vcpus);
    const backends = await ringBackends(hypervisor, domid);
    const result = await restoreDomain({ hypervisor, domid, ...backends, ...options });
    return { guest: await TestGuest.attach(host, domid, result, backends), result };
  }

  /** Serves the rings of a domain that is there. */
  static async attach(
    host: TestHost,
    domid: number,
    { storeGfn, consoleGfn }: { readonly storeGfn: number | undefined; readonly consoleGfn: number | undefined },
    backends: Awaited<ReturnType<typeof ringBackends>>,
  ): Promise<TestGuest> {
    if (storeGfn === undefined || consoleGfn === undefined) throw new Error('the guest came without rings');
    const hypervisor = retrying(host.hypervisor);
    const events = await hypervisor.openEventChannels();
    const ports = [
      await events.bindInterdomain(domid, backends.store.port),
      await events.bindInterdomain(domid, backends.console.port),
    ];
    const rings = [
      await hypervisor.mapForeign(domid, Float64Array.of(storeGfn), 'write'),
      await hypervisor.mapForeign(domid, Float64Array.of(consoleGfn), 'write'),
    ];
    const store = new BareStore(rings[0]!.page(0), domid, 'guest');
    return new TestGuest(host, domid, store, rings, events, ports);
  }

  private async serve(): Promise<void> {
    this.store.serve();
    const console = this.rings[1]!.page(0);
    const ring = { bytes: console, words: wordsOf(console) };
    this.text += Buffer.from(ringRead(ring, CONSOLE_OUT, CONSOLE_OUT.size)).toString('utf8');
    for (const port of this.ports) await this.events.notify(port).catch(() => undefined);
  }

  async run(): Promise<void> {
    await this.hypervisor.unpause(this.domid);
  }

  /** Waits until the guest has said something that matches. @throws Error when it goes down or takes too long */
  async says(pattern: RegExp, seconds = 20): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!pattern.test(this.text)) {
      const { shutdown, shutdownReason } = await this.hypervisor.domainInfo(this.domid);
      if (shutdown) {
        // A guest that can't find its own console any more is told of in the host's log only.
        const log = await this.hypervisor.consoleRing();
        throw new Error(`the guest is down (${shutdownReason}); its console: ${this.text}; the host's log: ${log}`);
      }
      if (performance.now() > end) throw new Error(`the guest did not say ${pattern}; its console: ${this.text}`);
      await sleep(SERVE_EVERY_MS);
    }
  }

  /** Runs it until all of its memory is filled and its vcpus rewrite it. */
  async start(): Promise<void> {
    await this.run();
    await this.says(/ [1-9]\d* writes, 0 lost/);
  }

  /** Starts the console's text anew, so that says() waits for what comes. */
  forgetText(): void {
    this.text = '';
  }

  /** What a toolstack does for a save of this guest. */
  callbacks(): SaveCallbacks & { readonly qemuLogdirty: boolean[] } {
    const qemuLogdirty: boolean[] = [];
    return {
      qemuLogdirty,
      suspend: () => this.suspend(),
      switchQemuLogdirty: async (enable) => {
        qemuLogdirty.push(enable);
      },
    };
  }

  /** By xenstore, as xl asks. */
  async suspend(): Promise<void> {
    this.store.ask('suspend');
    const end = performance.now() + 20_000;
    for (;;) {
      const { shutdown, shutdownReason } = await this.hypervisor.domainInfo(this.domid);
      if (shutdown && shutdownReason === SHUTDOWN.suspend) return;
      if (shutdown) throw new Error(`shut down with reason ${shutdownReason}; its console: ${this.text}`);
      if (performance.now() > end) throw new Error(`did not suspend; its console: ${this.text}`);
      await sleep(1);
    }
  }

  /** As libxl does when a save fails, or after a checkpoint: the guest's suspend call answers 1, and it runs on. */
  async resume(): Promise<void> {
    const { hypervisor } = this;
    const { hvm } = await hypervisor.domainInfo(this.domid);
    const width = hvm ? 8 : await hypervisor.guestWidth(this.domid);
    const context = Uint8Array.from(await hypervisor.vcpuContext(this.domid, 0));
    // An HVM vcpu's registers come in the same structure.
    writeWord(context, registerLayout('pv', width).general[RAX]!, width, 1n);
    await hypervisor.setVcpuContext(this.domid, 0, context);
    await hypervisor.resumeDomain(this.domid);
  }

  /** The backends of its rings write no more. */
  async stopServing(): Promise<void> {
    clearInterval(this.timer);
    await this.serving;
  }

  /** The rings have been cleared: a store that knows nothing yet serves them. */
  serveAnew(): void {
    this.store = new BareStore(this.rings[0]!.page(0), this.domid, 'guest');
    this.keepServing();
  }

  /** The domain stays; nobody serves it any more. */
  async leave(): Promise<void> {
    await this.stopServing();
    for (const ring of this.rings) await ring.unmap();
    await this.events.close();
  }

  async destroy(): Promise<void> {
    await this.leave();
    await this.hypervisor.destroyDomain(this.domid);
  }
}

/** Ports of the guest's for those who serve its rings. */
export async function ringBackends(hypervisor: Hypervisor, domid: number) {
  return {
    store: { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 },
    console: { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 },
  };
}

const RAX = 0;

function domainKind(kind: GuestOptions['kind']): 'pv' | 'hvm' | 'pvh' {
  return kind === 'pv32' ? 'pv' : kind;
}
