import { runTlsClient } from './client.js';
import type { TlsTarget } from './target.js';

/** Entry of a TLS client's process; what it does is its argument, as JSON. */
async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
  const { target, args } = JSON.parse(process.argv[2] ?? '') as { target: TlsTarget; args: string[] };
  process.exit(await runTlsClient(target, args));
}

await main();
