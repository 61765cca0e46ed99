import { embeddedHostDirectory } from '../directory.js';
import { runDaemon } from './daemon.js';

/** Entry of the embedded host's process. All it is told comes by environment; see docs/embedded-host.md. */
const DEFAULT_IDLE_SECONDS = 30;

async function main(): Promise<void> {
  const daemon = await runDaemon({
    directory: embeddedHostDirectory(),
    memoryMib: numberFrom('XEN_EMBEDDED_MEMORY'),
    seed: numberFrom('XEN_EMBEDDED_SEED'),
    interference: numberFrom('XEN_EMBEDDED_INTERFERENCE'),
    cpuWithout: process.env.XEN_EMBEDDED_CPU_WITHOUT?.split(/[\s,]+/).filter((name) => name !== ''),
    idleSeconds: numberFrom('XEN_EMBEDDED_IDLE') ?? DEFAULT_IDLE_SECONDS,
  });
  // Another daemon came first: whoever started this one finds that.
  if (daemon === undefined) return;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => daemon.end());
  await daemon.ended;
  process.exit(0);
}

function numberFrom(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name}='${text}' is no number`);
}

await main();
