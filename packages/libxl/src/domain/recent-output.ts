import type { Host } from '../host/open-host.js';
import { openConsole } from './console.js';

/** The console service sends at once what it has kept; how much that was it does not say. */
const LISTEN_MS = 250;

/**
 * What a domain has written to its console lately, up to its last whole line.
 *
 * @throws LibxlError as openConsole
 */
export async function recentConsoleOutput(host: Host, domid: number): Promise<string> {
  const socket = await openConsole(host, domid);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LISTEN_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  socket.destroy();
  const text = Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
