import { pathToFileURL } from 'node:url';

/**
 * node matrix-migrate-stopped.js LIBXL DOMID COMMAND: moves a domain with the libxl in that file, without copying anything
 * while it runs, which xl has no option for. COMMAND is what `xl migrate -s` would be given.
 */
const [, , libxlEntry = '', domid = '', command = ''] = process.argv;
const { MigrationError, migrateDomain, openHost, startTransport } = (await import(
  pathToFileURL(libxlEntry).href
)) as typeof import('@xen-migration/libxl');

const host = await openHost();
const transport = startTransport({ command, args: ['there', 'xl', 'migrate-receive', '-e'] });
try {
  await migrateDomain({ host, domid: Number(domid), connection: transport.connection, live: false });
} catch (e) {
  const fate = e instanceof MigrationError ? `, source ${e.source}` : '';
  process.stderr.write(`${e}${fate}\n`);
  process.exitCode = 1;
} finally {
  transport.kill();
  await host.close();
}
