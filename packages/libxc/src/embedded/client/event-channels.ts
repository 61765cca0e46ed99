import type { EventChannels } from '../../hypervisor/hypervisor.js';
import type { Transport } from './transport.js';

/** One connection to the event channel driver. */
export class ClientEventChannels implements EventChannels {
  /** The question "which port fired?" that is under way; it outlives a caller who gave up on it. */
  private asked: Promise<number> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly handle: number,
  ) {}

  bindInterdomain(domid: number, remotePort: number): Promise<number> {
    return this.transport.perform('bindInterdomain', this.handle, domid, remotePort);
  }

  bindVirq(virq: number): Promise<number> {
    return this.transport.perform('bindVirq', this.handle, virq);
  }

  notify(port: number): Promise<void> {
    return this.transport.perform('notify', this.handle, port);
  }

  unbind(port: number): Promise<void> {
    return this.transport.perform('unbind', this.handle, port);
  }

  async pending(signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    this.asked ??= this.transport.perform('pendingPort', this.handle);
    const { asked } = this;
    const port = signal === undefined ? await asked : await withSignal(asked, signal);
    if (this.asked === asked) this.asked = undefined;
    return port;
  }

  async close(): Promise<void> {
    // Whoever still waits is told so by a rejection; without a waiter that must not count as unhandled.
    this.asked?.catch(() => {});
    await this.transport.perform('closeEventChannels', this.handle);
  }
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const settle = () => signal.removeEventListener('abort', abort);
    promise.then(resolve, reject).finally(settle);
  });
}
