import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestHost, testHost } from '../../testing/hosts.js';
import { XenstoreClient } from '../client/client.js';
import { Xenstored, type XenstoredOptions } from '../server/xenstored.js';

/** An embedded host in this process whose guests, and whoever knows the socket, are served by a xenstored. */
export interface ServedHost extends TestHost {
  readonly xenstored: Xenstored;
  readonly socket: string;
  readonly log: string[];
  /** A new client over the socket; closed with the host. */
  connect(): Promise<XenstoreClient>;
}

export async function servedHost(options: Partial<XenstoredOptions> = {}, memoryMib = 64): Promise<ServedHost> {
  const host = await testHost(5, memoryMib);
  const directory = mkdtempSync(join(tmpdir(), 'xenstored-'));
  const socket = join(directory, 'socket');
  const log: string[] = [];
  const xenstored = await Xenstored.start({
    hypervisor: host.host.connect(),
    socket,
    log: (text) => log.push(text),
    ...options,
  });
  const clients: XenstoreClient[] = [];
  return {
    ...host,
    xenstored,
    socket,
    log,
    async connect() {
      const client = await XenstoreClient.connect(socket);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) await client.close();
      await xenstored.close();
      await host.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
