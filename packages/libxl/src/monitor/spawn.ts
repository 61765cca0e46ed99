import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DomainKey } from '../domain/userdata.js';
import { helperEnvironment } from '../host/helper-environment.js';
import { openLogFile } from '../host/log-file.js';
import type { Host } from '../host/open-host.js';

/** Where all monitors of a host log. */
const LOG = 'monitor.log';

/** Leaves a process behind that does monitorDomain(). */
export function startMonitor(host: Host, { domid, uuid }: DomainKey): void {
  const log = openLogFile(host, LOG);
  try {
    const entry = createRequire(import.meta.url).resolve('@xen-migration/libxl/monitor');
    const child = spawn(process.execPath, [entry, String(domid), uuid], {
      detached: true,
      stdio: ['ignore', 'ignore', log],
      env: helperEnvironment(host),
      cwd: '/',
    });
    // Without one nobody reacts to the domain's end; the domain itself is no worse for it.
    child.once('error', () => {});
    child.unref();
  } finally {
    closeSync(log);
  }
}
