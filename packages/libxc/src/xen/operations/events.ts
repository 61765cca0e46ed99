import { errnoName, HypervisorError } from '../../hypervisor/errors.js';
import type { EventChannels, Hypervisor } from '../../hypervisor/hypervisor.js';
import { ALLOC_UNBOUND } from '../abi/layout.js';
import { DOMCTL, EVTCHN_ALLOC_UNBOUND, HYPERCALL } from '../abi/numbers.js';
import { ARGUMENT_ADDRESS, type Hypercalls } from '../native/hypercalls.js';
import type { XenLibraries } from '../native/libraries.js';

type EventOperations = Pick<Hypervisor, 'openEventChannels' | 'allocUnboundPort' | 'subscribeSuspend'>;

/** Milliseconds: a wait holds one of Node's few threads no longer than that without looking up. */
const WAIT_SLICE = 200;

export function eventOperations(xen: Hypercalls): EventOperations {
  return {
    async openEventChannels() {
      const handle = xen.libraries.openEventChannels();
      if (handle === 0n) {
        const code = errnoName(xen.libraries.errno());
        throw new HypervisorError(code, 'openEventChannels', undefined, "/dev/xen/evtchn can't be opened");
      }
      return new XenEventChannels(xen.libraries, handle);
    },
    allocUnboundPort: (domid, remote) =>
      xen.call(
        { operation: 'allocUnboundPort', domid },
        HYPERCALL.eventChannelOp,
        [EVTCHN_ALLOC_UNBOUND, ARGUMENT_ADDRESS],
        {
          size: ALLOC_UNBOUND.size,
          fill: (argument) => {
            argument.setUint16(ALLOC_UNBOUND.domid, domid, true);
            argument.setUint16(ALLOC_UNBOUND.remote, remote, true);
          },
        },
        (_result, argument) => argument.getUint32(ALLOC_UNBOUND.port, true),
      ),
    subscribeSuspend: (domid, port) =>
      xen.domctl(
        { operation: 'subscribeSuspend', domid },
        DOMCTL.subscribe,
        (union) => union.setUint32(0, port, true),
        () => {},
      ),
  };
}

class XenEventChannels implements EventChannels {
  private closed = false;
  /** Waits under way: the handle must outlive them. */
  private readonly waits = new Set<Promise<boolean>>();

  constructor(
    private readonly libraries: XenLibraries,
    private readonly handle: bigint,
  ) {}

  async bindInterdomain(domid: number, remotePort: number): Promise<number> {
    const port = this.libraries.bindInterdomain(this.handle, domid, remotePort);
    return this.checked(port, 'bindInterdomain', domid, `its port ${remotePort}`);
  }

  async bindVirq(virq: number): Promise<number> {
    return this.checked(this.libraries.bindVirq(this.handle, virq), 'bindVirq', undefined, `virq ${virq}`);
  }

  async notify(port: number): Promise<void> {
    this.checked(this.libraries.notify(this.handle, port), 'notify', undefined, `port ${port}`);
  }

  async unbind(port: number): Promise<void> {
    this.checked(this.libraries.unbind(this.handle, port), 'unbind', undefined, `port ${port}`);
  }

  async pending(signal?: AbortSignal): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.closed) {
        throw new HypervisorError('ENOTCONN', 'pendingPort', undefined, 'the event channel connection was closed');
      }
      const wait = this.libraries.waitForEvent(this.handle, WAIT_SLICE);
      this.waits.add(wait);
      const fired = await wait.finally(() => this.waits.delete(wait));
      if (!fired || this.closed) continue;
      const port = this.checked(this.libraries.pending(this.handle), 'pendingPort', undefined, 'no port');
      // It was masked when it fired.
      this.libraries.unmask(this.handle, port);
      return port;
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.allSettled(this.waits);
    this.libraries.closeEventChannels(this.handle);
  }

  private checked(result: number, operation: string, domid: number | undefined, what: string): number {
    if (result >= 0) return result;
    throw new HypervisorError(errnoName(this.libraries.errno()), operation, domid, what);
  }
}
