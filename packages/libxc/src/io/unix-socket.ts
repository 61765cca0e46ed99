import { createServer, type Server } from 'node:net';

/**
 * A server on a unix socket. Whoever calls adds its 'connection' listener at once: nobody can come before.
 *
 * @throws Error with the system's code when the socket can't be made
 */
export function listenOn(path: string): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // Whom the system lets nobody accept (it is out of descriptors) is gone; the others are served.
      server.on('error', () => {});
      resolve(server);
    });
  });
}

/** Takes no more connections; resolves when those that there are have ended. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
