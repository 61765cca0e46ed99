import { removeUnfinished } from '../node/index.js';
import { packageText } from './package-files.js';
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    removeUnfinished();
    // With its handler gone the signal now ends the process as it would any other.
    process.kill(process.pid, signal);
  });
}

const { version } = JSON.parse(packageText('package.json')) as { version: string };
process.exitCode = await runProgram(process.argv.slice(2), processTerminal(), version);
