import type { Channel, ChannelEvents } from '../client/channel.js';
import { Client } from './client.js';
import { Connection } from './connection.js';
import type { Services } from './services.js';

/** Connects a client in the server's own process. Nothing is received while the client or the server is at work. */
export function openLocalChannel(services: Services, events: ChannelEvents): Channel {
  let open = true;
  const deliver = (deliverable: () => void) =>
    queueMicrotask(() => {
      if (open) deliverable();
    });
  const client = new Client({ domid: 0 }, (path, token) => connection.event(path, token));
  const connection: Connection = new Connection(services, client, {
    full: false,
    send: (message) => deliver(() => events.received(message)),
    served() {},
  });
  return {
    send: (bytes) => deliver(() => connection.receive(bytes)),
    keepAlive() {},
    async close() {
      open = false;
      connection.close();
    },
  };
}
