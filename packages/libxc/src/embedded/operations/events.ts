import { type BoundPort, type Connection, EventConnection } from '../connection.js';
import type { HostState } from '../host-state.js';
import { deliverEvent } from '../run/shared-info-events.js';
import { refuse } from './errors.js';
import type { Handlers } from './types.js';

const NR_VIRQS = 24;

export const eventHandlers: Handlers<
  | 'allocUnboundPort'
  | 'subscribeSuspend'
  | 'openEventChannels'
  | 'closeEventChannels'
  | 'bindInterdomain'
  | 'bindVirq'
  | 'notify'
  | 'unbind'
  | 'pendingPort'
> = {
  allocUnboundPort(host, _connection, domid, remote) {
    const domain = host.domain(domid, 'allocUnboundPort');
    const port = domain.ports.allocateUnbound(remote);
    if (port === undefined) throw refuse('ENOSPC', 'allocUnboundPort', domain, 'it has as many ports as it may');
    return port;
  },

  subscribeSuspend(host, _connection, domid, port) {
    const domain = host.domain(domid, 'subscribeSuspend');
    if (domain.ports.get(port) === undefined) {
      throw refuse('EINVAL', 'subscribeSuspend', domain, `it has no event channel port ${port}`);
    }
    domain.suspendPort = port;
  },

  openEventChannels(_host, connection) {
    const handle = connection.nextId();
    connection.eventConnections.set(handle, new EventConnection());
    return handle;
  },

  closeEventChannels(host, connection, handle) {
    const events = eventsOf(connection, handle, 'closeEventChannels');
    connection.eventConnections.delete(handle);
    closeEvents(host, events);
  },

  bindInterdomain(host, connection, handle, domid, remotePort) {
    const operation = 'bindInterdomain';
    const events = eventsOf(connection, handle, operation);
    const domain = host.domain(domid, operation);
    const found = domain.ports.get(remotePort);
    if (found === undefined) throw refuse('EINVAL', operation, domain, `it has no event channel port ${remotePort}`);
    if (found.state === 'bound') throw refuse('EINVAL', operation, domain, `its port ${remotePort} is bound already`);
    if (found.remote !== 0)
      throw refuse('EINVAL', operation, domain, `its port ${remotePort} is for domain ${found.remote}`);
    const port = host.nextPort();
    const bound: BoundPort = {
      port,
      fire: () => events.fire(port),
      to: { kind: 'guest', domid, guestPort: remotePort },
    };
    events.ports.set(port, bound);
    domain.ports.bind(remotePort, bound);
    // Whoever binds last can't know what it missed: the port starts pending.
    bound.fire();
    return port;
  },

  bindVirq(host, connection, handle, virq) {
    const events = eventsOf(connection, handle, 'bindVirq');
    if (virq >= NR_VIRQS) throw refuse('EINVAL', 'bindVirq', undefined, `there is no virq ${virq}`);
    const port = host.nextPort();
    events.ports.set(port, { port, fire: () => events.fire(port), to: { kind: 'virq', virq } });
    const bindings = host.virqs.get(virq) ?? new Set();
    bindings.add({ connection: events, port });
    host.virqs.set(virq, bindings);
    return port;
  },

  notify(host, connection, handle, port) {
    const bound = portOf(eventsOf(connection, handle, 'notify'), port, 'notify');
    if (bound.to.kind !== 'guest') throw refuse('EINVAL', 'notify', undefined, `port ${port} has no far end`);
    const domain = host.domain(bound.to.domid, 'notify');
    if (!domain.dying) deliverEvent(host, domain, bound.to.guestPort);
  },

  unbind(host, connection, handle, port) {
    const events = eventsOf(connection, handle, 'unbind');
    const bound = portOf(events, port, 'unbind');
    unbindPort(host, events, bound);
  },

  async pendingPort(_host, connection, handle) {
    return eventsOf(connection, handle, 'pendingPort').next();
  },
};

/** Unbinds all ports of a connection and ends whoever waits on it. */
export function closeEvents(host: HostState, events: EventConnection): void {
  for (const bound of [...events.ports.values()]) unbindPort(host, events, bound);
  events.end(refuse('ENOTCONN', 'pendingPort', undefined, 'the event channel connection was closed'));
}

function unbindPort(host: HostState, events: EventConnection, bound: BoundPort): void {
  events.forget(bound.port);
  if (bound.to.kind === 'guest') {
    host.domains.get(bound.to.domid)?.ports.unbindPeer(bound.to.guestPort, bound);
    return;
  }
  const bindings = host.virqs.get(bound.to.virq);
  for (const binding of bindings ?? []) if (binding.port === bound.port) bindings?.delete(binding);
}

type EventOperation = 'closeEventChannels' | 'bindInterdomain' | 'bindVirq' | 'notify' | 'unbind' | 'pendingPort';

function eventsOf(connection: Connection, handle: number, operation: EventOperation): EventConnection {
  const events = connection.eventConnections.get(handle);
  if (events === undefined) throw refuse('ENOTCONN', operation, undefined, 'no such event channel connection');
  return events;
}

function portOf(events: EventConnection, port: number, operation: EventOperation): BoundPort {
  const bound = events.ports.get(port);
  if (bound === undefined) throw refuse('EINVAL', operation, undefined, `port ${port} is not bound here`);
  return bound;
}
