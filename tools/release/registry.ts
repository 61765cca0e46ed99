import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runServer } from 'verdaccio';
import { SCOPE } from '../workspace.js';

/** A registry of this machine alone, which has nothing but what is published to it. */
export interface LocalRegistry {
  readonly url: string;
  /** A configuration of npm with which one may publish there, and nowhere else. */
  readonly publisher: string;
  stop(): Promise<void>;
}

/** What verdaccio needs to know. It asks no other registry, so that nothing can come from there unseen. */
function configuration(folder: string) {
  return {
    self_path: folder,
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'users'), max_users: 1 } },
    uplinks: {},
    packages: { [`${SCOPE}*`]: { access: '$all', publish: '$authenticated' } },
    publish: { allow_offline: true },
    middlewares: {},
    web: { enable: false },
    log: { type: 'file', path: join(folder, 'verdaccio.log'), format: 'json', level: 'http' },
  };
}

/** Starts verdaccio in this process, on a free port of the loopback device, with everything it writes in `folder`. */
export async function startRegistry(folder: string): Promise<LocalRegistry> {
  await mkdir(folder, { recursive: true });
  const server: Server = await runServer(configuration(folder) as never);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const publisher = join(folder, 'publisher.npmrc');
  await writeFile(publisher, `registry=${url}\n//127.0.0.1:${port}/:_authToken=${await newUser(url)}\n`);
  return { url, publisher, stop: () => stop(server) };
}

async function newUser(registry: string): Promise<string> {
  const name = 'rehearsal';
  const response = await fetch(`${registry}-/user/org.couchdb.user:${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: crypto.randomUUID() }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry made no user: ${response.status}`);
  return token;
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** What came to the registry of a package. */
export interface PublishedVersion {
  readonly version: string;
  /** Size of the tarball in bytes. */
  readonly size: number;
}

/** The version of a package that users of a registry get; throws when it has none. */
export async function latestVersion(registry: string, name: string): Promise<PublishedVersion> {
  const page = (await (await get(`${registry}${name.replace('/', '%2f')}`)).json()) as {
    'dist-tags': { latest: string };
    versions: Record<string, { dist: { tarball: string } }>;
  };
  const version = page['dist-tags'].latest;
  const tarball = await get(page.versions[version]?.dist.tarball ?? '');
  return { version, size: (await tarball.arrayBuffer()).byteLength };
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the registry does not have ${url}: ${response.status}`);
  return response;
}
