import { readFileSync } from 'node:fs';
import { removeUnfinished } from '@xen-migration/stream-format/node';
import { run } from './run.js';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    removeUnfinished();
    // With its handler gone the signal now ends the process as it would any other.
    process.kill(process.pid, signal);
  });
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.exitCode = await run(process.argv.slice(2), version);
