import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { HypervisorError } from '../hypervisor/errors.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { ClientHypervisor } from './client/client-hypervisor.js';
import { Connection } from './connection.js';
import { HostCpu } from './domains/cpu-policy.js';
import type { EmbeddedHost, EmbeddedHostOptions } from './embedded-host.js';
import { canSuspendHeld, suspendHeld } from './held/suspend.js';
import { HostState } from './host-state.js';
import { Interference } from './interference.js';
import { destroyDomain } from './lifecycle/destroy.js';
import { LogRing } from './log-ring.js';
import { defaultMebibytes } from './memory/backing.js';
import { Machine } from './memory/machine.js';
import { placeMemory, removeMemory } from './memory/place.js';
import { PageTypes } from './mmu/page-types.js';
import { TableError } from './mmu/table-error.js';
import { releaseConnection } from './operations/connections.js';
import { HANDLERS } from './operations/index.js';
import { guestCall } from './run/guest-calls.js';
import type { OperationArgs, OperationName, OperationResult } from './wire/operations.js';

/** The embedded simulated Xen: a machine, its domains, and the clients connected to it, in this process. */
export class Host implements EmbeddedHost {
  private constructor(
    readonly directory: string,
    readonly state: HostState,
    private readonly interference: Interference | undefined,
  ) {}

  /** @throws Error when the machine's memory can't be made */
  static async create(options: EmbeddedHostOptions): Promise<Host> {
    const { directory, memoryMib, seed, interference } = options;
    const cpu = new HostCpu(options.cpuWithout);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = placeMemory(directory);
    const machine = Machine.create({
      path,
      mebibytes: memoryMib ?? defaultMebibytes(dirname(path)),
      seed: seed ?? randomBytes(4).readUInt32LE(),
    });
    const log = new LogRing();
    const { frames, span } = machine.layout;
    log.add(`embedded host: ${frames / 256} MiB, mfns up to 0x${(span - 1).toString(16)}`);
    const types = new PageTypes(machine, (mfn, domid) => {
      const domain = state.domains.get(domid);
      if (domain !== undefined) state.markDirty(domain, mfn);
    });
    const state: HostState = new HostState(
      machine,
      types,
      log,
      (domain, vcpu, name, args) => guestCall(state, domain, vcpu, name, args),
      cpu,
    );
    const disturbed = interference === undefined ? undefined : new Interference(interference, seed ?? 1);
    return new Host(directory, state, disturbed);
  }

  /** A client in this process. */
  connect(): Hypervisor {
    const connection = this.accept();
    const transport = {
      perform: <N extends OperationName>(name: N, ...args: OperationArgs<N>) => this.perform(connection, name, ...args),
      close: async () => this.release(connection),
    };
    return new ClientHypervisor(transport, this.state.machine.memory);
  }

  /** A new client's resources. */
  accept(): Connection {
    const connection = new Connection();
    this.state.connections.add(connection);
    return connection;
  }

  /** Everything that the client held is given back. */
  release(connection: Connection): void {
    releaseConnection(this.state, connection);
  }

  /** @throws HypervisorError */
  async perform<N extends OperationName>(
    connection: Connection,
    name: N,
    ...args: OperationArgs<N>
  ): Promise<OperationResult<N>> {
    try {
      // The table is typed operation by operation; the compiler can't pair a name that is not known yet with its types.
      const handler = HANDLERS[name] as unknown as AnyHandler<N>;
      return await handler(this.state, connection, ...(this.interference?.disturb(name, args) ?? args));
    } catch (e) {
      if (!(e instanceof TableError)) throw e;
      throw new HypervisorError(e.code, name, typeof args[0] === 'number' ? args[0] : undefined, e.message);
    }
  }

  /** Whether suspendRequested() would do something now. */
  answersFor(domid: number): boolean {
    const domain = this.state.domains.get(domid);
    return domain !== undefined && canSuspendHeld(this.state, domain);
  }

  /**
   * The toolstack asked a domain to suspend through xenstore. A guest that executes sees that itself; for a held one the
   * host answers.
   *
   * @returns whether the host did
   */
  async suspendRequested(domid: number): Promise<boolean> {
    const domain = this.state.domains.get(domid);
    return domain !== undefined && suspendHeld(this.state, domain);
  }

  /** Ends all domains and gives the machine's memory back, also where processes still map it. */
  async close(): Promise<void> {
    for (const connection of [...this.state.connections]) this.release(connection);
    for (const domain of [...this.state.domains.values()]) await destroyDomain(this.state, domain);
    await this.state.spareThread.end();
    this.state.machine.destroy();
    removeMemory(this.directory);
  }
}

type AnyHandler<N extends OperationName> = (
  host: HostState,
  connection: Connection,
  ...args: OperationArgs<N>
) => OperationResult<N> | Promise<OperationResult<N>>;
