import type { Connection } from '../connection.js';
import type { HostState } from '../host-state.js';
import { closeEvents } from './events.js';
import { releaseMapping } from './memory.js';

/** Gives back all that a client held: it closed, or it died. */
export function releaseConnection(host: HostState, connection: Connection): void {
  if (!host.connections.delete(connection)) return;
  for (const events of connection.eventConnections.values()) closeEvents(host, events);
  connection.eventConnections.clear();
  for (const mapping of connection.mappings.values()) releaseMapping(host, mapping);
  connection.mappings.clear();
}
