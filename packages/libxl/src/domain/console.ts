import { connect, type Socket } from 'node:net';
import { LibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { consoleTtyPath } from '../xenstore/paths.js';
import { readText } from '../xenstore/store.js';
import { watchUntil } from '../xenstore/wait.js';
import { domainInfo } from './list.js';

/** The console service answers when it has attached itself, shortly after the domain was introduced. */
const ATTACH_TIMEOUT_MS = 5_000;

/**
 * Where a domain's primary console can be opened (a unix socket on the embedded host).
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND; ERROR_NOTFOUND where it has no console
 */
export async function consolePath(host: Host, domid: number): Promise<string> {
  await domainInfo(host, domid);
  const node = consoleTtyPath(domid);
  const published = async () => (await readText(host.xenstore, node)) || undefined;
  const path = await watchUntil(host.xenstore, node, published, { timeoutMs: ATTACH_TIMEOUT_MS });
  if (path !== undefined) return path;
  throw new LibxlError('ERROR_NOTFOUND', `domain ${domid} has no console`, { domid });
}

/** Connects to a domain's primary console: bytes both ways. @throws LibxlError ERROR_NOTFOUND, ERROR_FAIL */
export async function openConsole(host: Host, domid: number): Promise<Socket> {
  const path = await consolePath(host, domid);
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', refused);
      resolve(socket);
    });
    const refused = (e: Error) =>
      reject(new LibxlError('ERROR_FAIL', `can't open ${path}: ${textOf(e)}`, { domid, cause: e }));
    socket.once('error', refused);
  });
}
