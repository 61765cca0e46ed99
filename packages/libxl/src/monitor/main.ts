import { textOf } from '../errors.js';
import { openHost } from '../host/open-host.js';
import { monitorDomain } from './monitor.js';

/** Entry of a monitor's process: `DOMID UUID`; what it says goes to its log. */
async function main(): Promise<void> {
  const [domid, uuid] = process.argv.slice(2);
  if (domid === undefined || uuid === undefined) throw new Error('a monitor needs DOMID and UUID');
  process.on('SIGHUP', () => {});
  const host = await openHost();
  try {
    await monitorDomain({ host, domain: { domid: Number(domid), uuid }, log });
  } catch (e) {
    // The host may be gone, and with it the domain.
    log(textOf(e));
  } finally {
    await host.close().catch(() => undefined);
  }
  process.exit(0);
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

await main();
