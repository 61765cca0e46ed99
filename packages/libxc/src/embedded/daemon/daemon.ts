import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CONSOLE_SOCKET, HOST_FILES, preparePrivateDirectory, START_TIMEOUT_MS } from '../directory.js';
import { Host } from '../host.js';
import { removeMemory } from '../memory/place.js';
import { takeHostLock } from './lock.js';
import { HostServer } from './server.js';
import { HostServices } from './services.js';

export interface DaemonOptions {
  readonly directory: string;
  readonly memoryMib: number | undefined;
  readonly seed: number | undefined;
  /** Share of the operations that are disturbed. */
  readonly interference: number | undefined;
  readonly cpuWithout: readonly string[] | undefined;
  /** Seconds without domains and clients after which the daemon ends, once it has had a client. */
  readonly idleSeconds: number;
}

const ORPHAN_CHECK_MS = 5_000;
/** A host waits for whoever has started it, who may get no processor for a while: as long as that one tries. */
const FIRST_CLIENT_MS = START_TIMEOUT_MS;
/** A longer one would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The host's process. @returns undefined when the directory has a daemon already */
export async function runDaemon(
  options: DaemonOptions,
): Promise<{ readonly ended: Promise<void>; end(): void } | undefined> {
  const { directory } = options;
  preparePrivateDirectory(directory);
  const lock = takeHostLock(join(directory, HOST_FILES.lock));
  if (lock === undefined) return undefined;
  removeFiles(directory);
  const host = await Host.create({
    directory,
    ...(options.memoryMib === undefined ? {} : { memoryMib: options.memoryMib }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.cpuWithout === undefined ? {} : { cpuWithout: options.cpuWithout }),
    ...(options.interference === undefined ? {} : { interference: options.interference }),
  });
  let end: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    end = resolve;
  });
  const idleMs = options.idleSeconds * 1000;
  const idle = new IdleTimer(end);
  const socket = join(directory, HOST_FILES.socket);
  const clients = { hypervisor: 0, xenstore: 0 };
  const reconsider = () => {
    if (clients.hypervisor + clients.xenstore > 0 || host.state.domains.size > 0) idle.busy();
    else idle.idle(idleMs);
  };
  const services = await HostServices.start({
    host,
    directory,
    clientsChanged(count) {
      clients.xenstore = count;
      reconsider();
    },
    domainsChanged: reconsider,
  });
  // Last, since clients start with it: what it finds is all there.
  const server = await HostServer.listen(host, socket, (count) => {
    clients.hypervisor = count;
    reconsider();
  });
  idle.idle(Math.max(idleMs, FIRST_CLIENT_MS));
  // Nobody can reach a host whose directory was removed; a new directory of that name is another daemon's.
  const orphaned = setInterval(() => {
    if (!lock.isHeld()) end();
  }, ORPHAN_CHECK_MS);
  const ended = asked.then(async () => {
    clearInterval(orphaned);
    if (!lock.isHeld()) {
      // Servers that are closed remove their sockets by name, and those are another daemon's: the process just ends.
      host.state.machine.destroy();
      return;
    }
    // First of all, so that nobody connects to a host that goes away.
    rmSync(socket, { force: true });
    await server.close();
    await services.close();
    await host.close();
    removeFiles(directory);
    lock.release();
  });
  return { ended, end };
}

/** Ends the daemon when it was of no use to anybody for a while. */
class IdleTimer {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly expired: () => void) {}

  busy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  idle(milliseconds: number): void {
    this.busy();
    this.timer = setTimeout(this.expired, Math.min(milliseconds, MAX_TIMER_MS));
  }
}

/** What this daemon leaves, or one that was killed left: everything but the lock and the log. */
function removeFiles(directory: string): void {
  removeMemory(directory);
  for (const name of readdirSync(directory)) {
    if (name === HOST_FILES.socket || name === HOST_FILES.xenstore || CONSOLE_SOCKET.test(name)) {
      rmSync(join(directory, name), { force: true });
    }
  }
}
